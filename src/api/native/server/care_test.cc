// SPDX-License-Identifier: Apache-2.0
//
// The routes of GET /api/v1/doctor, backups, storage and settings, without a network.
#include "api/native/server/care.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "access/test_access.h"
#include "api/exchange.h"
#include "api/native/server/settings.h"

namespace souk::api::native {
namespace {

// Keeps its answer.
class Answered final : public net::Stream {
 public:
  explicit Answered(std::string target) : target_(std::move(target)) {
    head_.method = "GET";
    head_.target = head_.path = target_;
  }
  const net::RequestHead& head() const override { return head_; }
  void limit(const net::BodyLimits&) override {}
  void read(std::span<std::byte>, std::function<void(Result<std::size_t>)> done) override { done(0); }
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) override {
    done(std::make_shared<std::string>());
  }
  void send(net::Response response) override {
    status = response.status;
    for (const net::Chunk& chunk : response.body)
      body.append(reinterpret_cast<const char*>(chunk.data().data()), chunk.data().size());
  }
  void start(net::ResponseHead) override {}
  void write(net::Chunk, std::function<void(Status)> done) override { done({}); }
  void finish() override {}
  void abort() override {}
  bool gone() const override { return false; }
  void on_gone(std::function<void()>) override {}
  void post(std::function<void()> f) override { f(); }

  int status = 0;
  std::string body;

 private:
  const std::string target_;
  net::RequestHead head_;
};

class Silent final : public Recorder {
 public:
  void answered(const Exchange&, int) override {}
  void run_on_pool(const std::shared_ptr<Exchange>&, std::function<void()> f) override { f(); }
  void failed(const Exchange&, const Error&) override {}
};

class CareTest : public ::testing::Test {
 protected:
  std::shared_ptr<Answered> get(const std::string& path, const access::Call& call) {
    const auto match = table_.match("GET", path);
    const auto stream = std::make_shared<Answered>(path);
    const auto exchange = std::make_shared<Exchange>();
    exchange->stream = stream;
    exchange->call = call;
    exchange->route = match->route;
    exchange->recorder = &silent_;
    match->route->run(exchange);
    return stream;
  }
  access::Call admin() const { return access_.system(); }
  access::Call reader() const { return access::TestAccess::somebody(access::Role::READER, NamespaceId()); }

  access::TestAccess access_{store::Dialect::sqlite};
  RouteTable table_;
  Silent silent_;
};

Care empty_care() {
  Care care;
  care.diagnose = [] { return Diagnosis(); };
  care.backups = [] { return std::vector<BackupRecord>(); };
  care.storage = [](std::int64_t) { return std::vector<ModelStorage>(); };
  care.stored_bytes = [] { return std::int64_t{0}; };
  return care;
}

TEST_F(CareTest, SaysWhatIsKnownAboveIt) {
  Care care = empty_care();
  care.diagnose = [] {
    Diagnosis out;
    out.verdict = FindingVerdict::WRONG;
    out.findings.push_back({"disk.space", FindingVerdict::WRONG, "it is full", "free some"});
    return out;
  };
  care.backups = []() -> Result<std::vector<BackupRecord>> {
    return std::vector<BackupRecord>{{.machine = "vm", .place = "/b", .name = "n", .damage = "rotten"}};
  };
  std::int64_t asked = 0;
  care.storage = [&asked](std::int64_t count) -> Result<std::vector<ModelStorage>> {
    asked = count;
    return std::vector<ModelStorage>{{"default", "digits", 10, 4, 2}};
  };
  care.stored_bytes = []() -> Result<std::int64_t> { return 12; };
  add_care(table_, *access_.access, std::move(care));

  EXPECT_NE(get("/api/v1/doctor", admin())->body.find(R"("found":"it is full","fix":"free some")"), std::string::npos);
  EXPECT_NE(get("/api/v1/backups", admin())->body.find(R"("damage":"rotten")"), std::string::npos);
  const auto storage = get("/api/v1/storage", admin());
  EXPECT_EQ(
      storage->body,
      R"({"stored_bytes":12,"models":[{"namespace":"default","model":"digits","bytes":10,"own_bytes":4,"blobs":2}]})");
  EXPECT_EQ(asked, 50);
}

TEST_F(CareTest, IsForAdminsOfEverything) {
  std::atomic<int> looked{0};
  Care care = empty_care();
  care.diagnose = [&looked] { return ++looked, Diagnosis(); };
  add_care(table_, *access_.access, std::move(care));
  add_settings(table_, *access_.access, {}, [] { return OperatorCommand(); });
  for (const char* path : {"/api/v1/doctor", "/api/v1/backups", "/api/v1/storage", "/api/v1/settings"}) {
    EXPECT_EQ(get(path, reader())->status, 403) << path;
    EXPECT_EQ(get(path, access::TestAccess::somebody(access::Role::OWNER, NamespaceId(1)))->status, 403) << path;
    EXPECT_EQ(get(path, admin())->status, 200) << path;
  }
  EXPECT_EQ(looked, 1);
}

TEST_F(CareTest, AFailureOfADatabaseIsAnswered) {
  Care care = empty_care();
  care.backups = []() -> Result<std::vector<BackupRecord>> { return unavailable("the database is gone"); };
  add_care(table_, *access_.access, std::move(care));
  const auto answer = get("/api/v1/backups", admin());
  EXPECT_EQ(answer->status, 503);
  EXPECT_NE(answer->body.find("the database is gone"), std::string::npos);
}

TEST_F(CareTest, ThoseWhoAskTogetherShareOneLookThatBeganAfterTheyAsked) {
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0;
  bool open = false;
  Care care = empty_care();
  care.diagnose = [&] {
    std::unique_lock lock(mutex);
    ++begun;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    return Diagnosis();
  };
  add_care(table_, *access_.access, std::move(care));
  std::vector<std::thread> threads;
  threads.emplace_back([&] { EXPECT_EQ(get("/api/v1/doctor", admin())->status, 200); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return begun == 1; });
  }
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(get("/api/v1/doctor", admin())->status, 200); });
  {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(begun, 2);  // what others asked for after the first look began is a later look
  EXPECT_LE(begun, 9);
}

TEST_F(CareTest, SettingsSayWhereTheyWereSaidAndNoSecret) {
  settings::Table table;
  std::string address = "127.0.0.1:8080", key, database;
  table.add("listen", address, {.help = "Where"});
  table.add("s3.secret_key", key, {.help = "Key", .secret = true});
  table.add("database", database, {.help = "Which"});
  ASSERT_TRUE(table.entries()[1].set("topsecret"));
  ASSERT_TRUE(table.set_flag("database", "postgresql://u:topsecret@h/d"));
  add_settings(table_, *access_.access, table.entries(), [] { return OperatorCommand{"souk", "--data '/my data'"}; });
  const std::string body = get("/api/v1/settings", admin())->body;
  EXPECT_EQ(body.find("topsecret"), std::string::npos);
  EXPECT_NE(
      body.find(
          R"("key":"database","type":"string","value":"postgresql://u:***@h/d","default_value":"","source":"FLAG")"),
      std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("source":"DEFAULT","environment":"SOUK_LISTEN","flag":"--listen")"), std::string::npos);
  EXPECT_NE(body.find(R"("operator_command":{"program":"souk","options":"--data '/my data'"})"), std::string::npos);
}

}  // namespace
}  // namespace souk::api::native
