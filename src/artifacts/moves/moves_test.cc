// SPDX-License-Identifier: Apache-2.0
#include "artifacts/moves/moves.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "artifacts/blob_rows.h"
#include "work/work_testing.h"

namespace souk::artifacts {
namespace {

namespace fs = std::filesystem;
const Repository kHere{NamespaceId(1), "default", "m"};

// What a `souk serve` has of these rooms.
struct Server {
  Server(store::Store& store, const std::string& name, const std::string& url)
      : events(store, log, metrics), node(store, name) {
    auto started = Moves::start(
        store, events, url, [this](const std::string& place) { return blobs::Blobs::open(place, log, metrics); }, log);
    EXPECT_TRUE(started) << started.error().describe();
    moves = std::move(*started);
    moves->join(node.work, node.nodes);
    artifacts.emplace(store, moves->blobs(), log, metrics, moves.get());
  }
  ~Server() { node.work.stop(), node.nodes.stop(); }

  Digest push(const std::string& text) {
    auto writer = artifacts->blobs().create();
    EXPECT_TRUE((*writer)->write(as_bytes(text)));
    auto digest = artifacts->finish_upload(kHere, std::move(*writer), sha256(text));
    EXPECT_TRUE(digest) << digest.error().describe();
    return digest.value_or(Digest{});
  }
  std::string pull(const Digest& digest) {
    auto reader = artifacts->open_blob(kHere, digest);
    if (!reader) return reader.error().describe();
    return moves->blobs().read_all(digest, 1 << 20).value_or("unreadable");
  }
  BlobMove wait(BlobMoveId id) {
    work::eventually([&] { return moves->get(id)->is_over(); });
    return *moves->get(id);
  }

  Logger log{Logger::Level::off};
  Metrics metrics;
  events::Log events;
  std::unique_ptr<Moves> moves;
  work::TestNode node;
  std::optional<Artifacts> artifacts;
};

class MovesTest : public work::WorkRoomTest {
 protected:
  void SetUp() override {
    WorkRoomTest::SetUp();
    std::string form = (fs::temp_directory_path() / "souk_moves_XXXXXX").string();
    root_ = mkdtemp(form.data());
    if (store) start(url("a"));
  }
  void TearDown() override {
    server_.reset();
    WorkRoomTest::TearDown();
    fs::remove_all(root_);
  }
  void start(const std::string& url) {
    server_.reset();
    server_.emplace(*store, "one", url);
    server_->node.start();
  }
  std::string url(const std::string& name) const { return "file:" + (root_ / name).string(); }
  fs::path path(const std::string& place, const Digest& digest) const {
    return root_ / place / "sha256" / digest.hex().substr(0, 2) / digest.hex();
  }
  BlobMove move_to(const std::string& name) {
    auto begun = server_->moves->begin(url(name));
    EXPECT_TRUE(begun) << begun.error().describe();
    return begun ? server_->wait(begun->id) : BlobMove{};
  }

  fs::path root_;
  std::optional<Server> server_;
};
SOUK_ON_BOTH_DATABASES(MovesTest);

TEST_P(MovesTest, everything_is_there_and_stays_readable) {
  std::vector<Digest> digests;
  for (int i = 0; i < 120; i++) digests.push_back(server_->push("blob " + std::to_string(i)));
  BlobMove move = move_to("b");
  EXPECT_EQ(move.state, BlobMoveState::DONE) << move.error;
  EXPECT_EQ(move.total_blobs, 120);
  EXPECT_EQ(move.done_blobs, 120);
  EXPECT_EQ(move.copied_blobs, 120);
  EXPECT_EQ(move.done_bytes, move.total_bytes);
  for (int i = 0; i < 120; i++) {
    EXPECT_TRUE(fs::exists(path("b", digests[i])));
    EXPECT_EQ(server_->pull(digests[i]), "blob " + std::to_string(i));
  }
  Digest later = server_->push("later");
  EXPECT_TRUE(fs::exists(path("b", later)));
  EXPECT_FALSE(fs::exists(path("a", later)));

  // The settings still name the old place; the bytes are where they went. Then the old place is not needed.
  start(url("a"));
  EXPECT_EQ(server_->pull(later), "later");
  EXPECT_TRUE(fs::exists(path("b", server_->push("latest"))));
  server_.reset();
  fs::remove_all(root_ / "a");
  start(url("b"));
  EXPECT_EQ(server_->pull(digests[7]), "blob 7");
  EXPECT_EQ(server_->moves->begin(url("b")).error().code, Code::failed_precondition);
}

TEST_P(MovesTest, goes_back_too) {
  Digest first = server_->push("first");
  EXPECT_EQ(move_to("b").state, BlobMoveState::DONE);
  Digest second = server_->push("second");
  BlobMove back = move_to("a");
  EXPECT_EQ(back.state, BlobMoveState::DONE) << back.error;
  EXPECT_EQ(back.copied_blobs, 1);  // the first is still there
  server_.reset();
  fs::remove_all(root_ / "b");
  start(url("a"));
  EXPECT_EQ(server_->pull(first), "first");
  EXPECT_EQ(server_->pull(second), "second");
}

TEST_P(MovesTest, goes_on_after_a_restart) {
  for (int i = 0; i < 60; i++) server_->push("blob " + std::to_string(i));
  auto begun = server_->moves->begin(url("b"));
  ASSERT_TRUE(begun);
  start(url("a"));  // wherever it was
  BlobMove move = server_->wait(begun->id);
  EXPECT_EQ(move.state, BlobMoveState::DONE) << move.error;
  EXPECT_EQ(move.done_blobs, 60);
  for (int i = 0; i < 60; i++) EXPECT_TRUE(fs::exists(path("b", sha256("blob " + std::to_string(i)))));
}

TEST_P(MovesTest, names_damaged_blobs_and_moves_the_rest) {
  Digest good = server_->push("good"), bad = server_->push("bad bytes");
  std::ofstream(path("a", bad)) << "BAD bytes";
  BlobMove move = move_to("b");
  EXPECT_EQ(move.state, BlobMoveState::FAILED);
  EXPECT_EQ(move.damaged, std::vector<Digest>{bad});
  EXPECT_NE(move.error.find(bad.string()), std::string::npos);
  EXPECT_TRUE(fs::exists(path("b", good)));
  // Not elsewhere while it is half way; a push heals it, and the move may be done again.
  EXPECT_EQ(server_->moves->begin(url("c")).error().code, Code::failed_precondition);
  server_->push("bad bytes");
  move = move_to("b");
  EXPECT_EQ(move.state, BlobMoveState::DONE) << move.error;
  EXPECT_EQ(server_->pull(bad), "bad bytes");
}

TEST_P(MovesTest, names_missing_blobs_but_not_claims) {
  Digest good = server_->push("good"), lost = server_->push("lost");
  fs::remove(path("a", lost));
  ASSERT_TRUE(pin(*store, sha256("a push that never came"), 22));
  BlobMove move = move_to("b");
  EXPECT_EQ(move.state, BlobMoveState::FAILED);
  EXPECT_EQ(move.damaged, std::vector<Digest>{lost});
  EXPECT_EQ(move.done_blobs, 3);
  EXPECT_EQ(server_->pull(good), "good");
  // A server whose settings name a third place does not start half-way.
  auto started = Moves::start(
      *store, server_->events, url("c"),
      [&](const std::string& place) { return blobs::Blobs::open(place, server_->log, server_->metrics); },
      server_->log);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::failed_precondition);
  // Half-way, back: what was pushed to the target comes home.
  Digest pushed = server_->push("pushed half-way");
  move = move_to("a");
  EXPECT_EQ(move.damaged, std::vector<Digest>{lost});
  EXPECT_TRUE(fs::exists(path("a", pushed)));
}

TEST_P(MovesTest, goes_no_further_while_the_settings_name_the_old_place) {
  Digest digest = server_->push("bytes");
  EXPECT_EQ(move_to("b").state, BlobMoveState::DONE);
  auto begun = server_->moves->begin(url("c"));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Code::failed_precondition);
  start(url("b"));
  EXPECT_EQ(move_to("c").state, BlobMoveState::DONE);
  EXPECT_TRUE(fs::exists(path("c", digest)));
  EXPECT_EQ(server_->moves->begin("file:" + (root_ / "c/inside").string()).error().code, Code::invalid_argument);
}

TEST_P(MovesTest, what_is_pushed_meanwhile_is_there_too) {
  for (int i = 0; i < 200; i++) server_->push("before " + std::to_string(i));
  std::atomic<bool> moving{true};
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<Digest> pushed;
  for (int t = 0; t < 3; t++) {
    threads.emplace_back([&, t] {
      for (int i = 0; moving; i++) {
        Digest digest = server_->push("meanwhile " + std::to_string(t) + " " + std::to_string(i));
        std::lock_guard lock(mutex);
        pushed.push_back(digest);
      }
    });
  }
  auto upload = server_->artifacts->blobs().create();  // begun before, ended after
  ASSERT_TRUE((*upload)->write(as_bytes("long")));
  BlobMove move = move_to("b");
  moving = false;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(move.state, BlobMoveState::DONE) << move.error;
  ASSERT_TRUE(server_->artifacts->finish_upload(kHere, std::move(*upload), sha256("long")));
  pushed.push_back(sha256("long"));
  server_.reset();
  fs::remove_all(root_ / "a");
  start(url("b"));
  for (const Digest& digest : pushed) EXPECT_TRUE(fs::exists(path("b", digest))) << digest.string();
}

TEST_P(MovesTest, every_node_follows) {
  if (!shared()) return;
  auto other_store = database->open();
  Server other(*other_store, "two", url("a"));
  other.node.start();
  Digest before = server_->push("before");
  std::atomic<bool> moving{true};
  std::mutex mutex;
  std::vector<Digest> pushed;
  auto hammer = [&](Server& at, const std::string& name) {
    for (int i = 0; moving; i++) {
      std::string text = name + std::to_string(i);
      Digest digest = at.push(text);
      EXPECT_EQ(server_->pull(digest), text);
      EXPECT_EQ(other.pull(digest), text);
      std::lock_guard lock(mutex);
      pushed.push_back(digest);
    }
  };
  std::thread first([&] { hammer(*server_, "first "); }), second([&] { hammer(other, "second "); });
  BlobMove move = move_to("b");
  moving = false;
  first.join();
  second.join();
  EXPECT_EQ(move.state, BlobMoveState::DONE) << move.error;
  EXPECT_EQ(other.pull(before), "before");
  pushed.push_back(before);
  for (const Digest& digest : pushed) EXPECT_TRUE(fs::exists(path("b", digest))) << digest.string();
}

TEST_P(MovesTest, says_what_is_wrong) {
  EXPECT_EQ(server_->moves->begin("ftp://x").error().code, Code::invalid_argument);
  EXPECT_EQ(server_->moves->begin(url("a")).error().code, Code::failed_precondition);
  EXPECT_FALSE(server_->moves->begin("file:/proc/nowhere/blobs"));
  EXPECT_EQ(server_->moves->get(BlobMoveId(7)).error().code, Code::not_found);
  EXPECT_TRUE(server_->moves->list()->empty());
}

}  // namespace
}  // namespace souk::artifacts
