// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhooks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "access/test_access.h"
#include "net/server.h"
#include "webhooks/signature.h"
#include "work/work_testing.h"

namespace souk::webhooks {
namespace {

// A receiver on loopback that answers what it is told to.
class Receiver {
 public:
  struct Message {
    std::string id, timestamp, signature, body;
  };
  Receiver()
      : server_(
            {}, "127.0.0.1:0", [this](net::StreamPtr stream) { take(std::move(stream)); }, log_, metrics_) {
    const Status started = server_.start();
    EXPECT_TRUE(started) << started.error().describe();
  }
  ~Receiver() { server_.drain(); }
  std::string url(const std::string& path = "/hook") const { return server_.url() + path; }
  // The first `count` requests fail with this status.
  void fail(int count, int status = 500) {
    status_ = status;
    failures_ = count;
  }
  std::vector<Message> messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::vector<std::string> types() {
    std::vector<std::string> out;
    for (const Message& message : messages()) {
      const auto document = json::Document::parse(message.body);
      out.emplace_back(document->root().find("type")->string());
    }
    return out;
  }

 private:
  void take(net::StreamPtr stream);

  Logger log_{Logger::Level::error};
  Metrics metrics_;
  std::mutex mutex_;
  std::vector<Message> messages_;
  std::atomic<int> failures_{0}, status_{500};
  net::Server server_;
};

void Receiver::take(net::StreamPtr stream) {
  Message message;
  for (const net::HeaderView& header : stream->head().headers) {
    std::string name(header.name);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    if (name == "webhook-id") message.id = header.value;
    if (name == "webhook-timestamp") message.timestamp = header.value;
    if (name == "webhook-signature") message.signature = header.value;
  }
  stream->collect([this, stream, message](Result<std::shared_ptr<std::string>> body) mutable {
    if (!body) return;
    message.body = **body;
    bool fails = false;
    {
      const std::lock_guard lock(mutex_);
      fails = failures_ > 0;
      if (fails) --failures_;
      if (!fails) messages_.push_back(message);
    }
    const int status = fails ? status_.load() : 200;
    stream->send(net::Response::text(status, "text/plain", fails ? "broken\n\x01" : "taken"));
  });
}

class WebhooksTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world_ = std::make_unique<access::TestAccess>(GetParam());
    call_ = world_->system();
    settings_.allow = {"127.0.0.0/8"};
    settings_.first_retry = std::chrono::milliseconds(10);
    settings_.longest_retry = std::chrono::milliseconds(20);
    build();
  }
  void TearDown() override { end(); }
  void end() {
    if (node_) node_->work.stop();
    hooks_.reset();
    node_.reset();
  }
  void build() {
    end();
    node_ = std::make_unique<work::TestNode>(*world_->store, "one");
    hooks_ = must(Webhooks::make(settings_, *world_->store, *world_->events, *world_->access, node_->work,
                                 node_->leases, world_->database.log, world_->database.metrics));
  }
  void start() {
    node_->start();
    const Status started = hooks_->start();
    ASSERT_TRUE(started) << started.error().describe();
  }
  template <class T>
  static T must(Result<T> result) {
    return store::TestDatabase::must(std::move(result));
  }
  WithSecret create(const std::string& url, std::vector<std::string> events = {}) {
    return must(hooks_->create(call_, "default", {"hook", url, std::move(events), "", "", true}));
  }
  Shown get() { return must(hooks_->get(call_, "default", "hook")); }
  void happen(const std::string& type, std::int64_t id, const std::string& ns = "default") {
    const NamespaceId in = must(world_->access->get_namespace(call_, access::Role::READER, ns))->id;
    const Status done = world_->store->write([&](store::Tx& tx) {
      return world_->events->append(
          tx, {.type = type, .namespace_id = in, .namespace_ = ns, .kind = "model", .id = id, .name = "m"});
    });
    ASSERT_TRUE(done) << done.error().describe();
  }
  std::vector<Delivery> deliveries(const std::string& filter = "") {
    return must(hooks_->deliveries(call_, "default", "hook", {.filter = filter, .order_by = "id"})).items;
  }
  std::vector<Delivery> wait_for(std::size_t count, const std::string& filter) {
    EXPECT_TRUE(work::eventually([&] { return deliveries(filter).size() >= count; }));
    return deliveries(filter);
  }

  std::unique_ptr<access::TestAccess> world_;
  access::Call call_;
  WebhookSettings settings_;
  Receiver receiver_;
  std::unique_ptr<work::TestNode> node_;
  std::unique_ptr<Webhooks> hooks_;
};
SOUK_ON_BOTH_DATABASES(WebhooksTest);

TEST_P(WebhooksTest, tells_what_was_asked_for_signed) {
  happen("model.created", 1);  // before there is a webhook
  const WithSecret made = create(receiver_.url(), {"model.*"});
  start();
  happen("model.updated", 1);
  happen("version.created", 2);
  must(world_->access->create_namespace(call_, "other", "other", ""));
  happen("model.updated", 3, "other");
  happen("model.deleted", 1);
  const auto done = wait_for(2, "state = 'DELIVERED'");
  EXPECT_EQ(receiver_.types(), (std::vector<std::string>{"model.updated", "model.deleted"}));
  const Receiver::Message first = receiver_.messages()[0];
  EXPECT_EQ(first.id, done[0].message_id);
  EXPECT_EQ(first.body, done[0].body);
  EXPECT_EQ(first.signature, signature_of({made.secret}, first.id, std::stoll(first.timestamp), first.body));
  EXPECT_EQ(done[0].response_code, 200);
  EXPECT_EQ(done[0].response_excerpt, "taken");
  EXPECT_EQ(done[0].attempts, 1);
  EXPECT_EQ(get().webhook.failures, 0);
}

TEST_P(WebhooksTest, tries_again_and_keeps_the_order_of_an_object) {
  create(receiver_.url(), {"model.*"});
  receiver_.fail(3, 503);
  start();
  for (const char* type : {"model.created", "model.updated", "model.deleted"}) happen(type, 1);
  wait_for(3, "state = 'DELIVERED'");
  EXPECT_EQ(receiver_.types(), (std::vector<std::string>{"model.created", "model.updated", "model.deleted"}));
  EXPECT_EQ(deliveries()[0].attempts, 4);
  EXPECT_EQ(deliveries()[1].attempts, 1);
  EXPECT_FALSE(get().webhook.failing_since);
}

TEST_P(WebhooksTest, gives_up_after_so_many_attempts_and_lets_the_next_go) {
  settings_.attempts = 2;
  build();
  create(receiver_.url(), {"model.*"});
  receiver_.fail(2);
  start();
  happen("model.created", 1);
  happen("model.updated", 1);
  wait_for(1, "state = 'DELIVERED'");
  const Delivery failed = deliveries("state = 'FAILED'").at(0);
  EXPECT_EQ(failed.attempts, 2);
  EXPECT_EQ(failed.response_code, 500);
  EXPECT_EQ(failed.response_excerpt, "broken  ");
  EXPECT_EQ(failed.error, "the receiver answers 500");
  // By hand it may be sent again: the same message.
  const Delivery again = must(hooks_->redeliver(call_, "default", "hook", failed.id));
  EXPECT_EQ(again.message_id, failed.message_id);
  EXPECT_EQ(again.redelivery_of, failed.id.value);
  wait_for(2, "state = 'DELIVERED'");
  EXPECT_EQ(receiver_.messages()[1].body, failed.body);
}

TEST_P(WebhooksTest, pauses_what_fails_for_long_and_goes_on_where_it_stopped) {
  settings_.failing_after = std::chrono::milliseconds(0);
  settings_.pause_after = std::chrono::milliseconds(1000);
  build();
  create(receiver_.url(), {"model.*"});
  receiver_.fail(1000000);
  settings_.attempts = 100;
  start();
  happen("model.created", 1);
  happen("model.created", 2);
  ASSERT_TRUE(work::eventually([&] { return get().state == WebhookState::FAILING; }));
  // As if it had failed for as long as it may.
  const Status old =
      world_->store->write([&](store::Tx& tx) -> Status { return tx.defer("UPDATE webhooks SET failing_since = 1"); });
  ASSERT_TRUE(old);
  ASSERT_TRUE(work::eventually([&] { return get().state == WebhookState::PAUSED; }));
  EXPECT_FALSE(get().webhook.pause_reason.empty());
  happen("model.created", 3);
  receiver_.fail(0);
  EXPECT_EQ(must(hooks_->update(call_, "default", "hook", {.active = true}, {})).state, WebhookState::ACTIVE);
  ASSERT_TRUE(work::eventually([&] { return receiver_.messages().size() == 3; }));
  EXPECT_EQ(wait_for(3, "state = 'DELIVERED'").size(), 3u);
}

TEST_P(WebhooksTest, a_receiver_that_is_gone_is_paused_at_once) {
  create(receiver_.url(), {"model.*"});
  receiver_.fail(1, 410);
  start();
  happen("model.created", 1);
  ASSERT_TRUE(work::eventually([&] { return get().state == WebhookState::PAUSED; }));
}

TEST_P(WebhooksTest, replays_from_a_place_on_under_the_same_message_ids) {
  create(receiver_.url(), {"model.*"});
  start();
  for (int i = 1; i <= 4; ++i) happen("model.created", i);
  const auto before = wait_for(4, "state = 'DELIVERED'");
  must(hooks_->replay(call_, "default", "hook", {.delivery = before[2].id.value}));
  const auto after = wait_for(6, "state = 'DELIVERED'");
  ASSERT_EQ(after.size(), 6u);
  EXPECT_EQ(after[4].message_id, before[2].message_id);
  EXPECT_EQ(after[5].message_id, before[3].message_id);
  EXPECT_FALSE(hooks_->replay(call_, "default", "hook", {}));
  EXPECT_FALSE(hooks_->replay(call_, "default", "hook", {.after = "made up"}));
  must(hooks_->replay(call_, "default", "hook", {.after = ""}));
  wait_for(10, "state = 'DELIVERED'");
}

TEST_P(WebhooksTest, a_ping_is_sent_once_also_while_nothing_else_is) {
  create(receiver_.url());
  must(hooks_->update(call_, "default", "hook", {.active = false}, {}));
  receiver_.fail(1);
  start();
  must(hooks_->test(call_, "default", "hook"));
  EXPECT_EQ(wait_for(1, "state = 'FAILED'").at(0).attempts, 1);
  must(hooks_->test(call_, "default", "hook"));
  wait_for(1, "state = 'DELIVERED'");
  EXPECT_EQ(receiver_.types(), std::vector<std::string>{"webhook.ping"});
  EXPECT_EQ(get().state, WebhookState::DISABLED);
}

TEST_P(WebhooksTest, an_old_secret_signs_beside_the_new_one) {
  const std::string old = create(receiver_.url()).secret;
  const std::string fresh = must(hooks_->rotate(call_, "default", "hook", "", std::chrono::hours(1))).secret;
  EXPECT_NE(old, fresh);
  start();
  must(hooks_->test(call_, "default", "hook"));
  ASSERT_TRUE(work::eventually([&] { return receiver_.messages().size() == 1; }));
  const auto message = receiver_.messages()[0];
  EXPECT_EQ(message.signature, signature_of({fresh, old}, message.id, std::stoll(message.timestamp), message.body));
}

TEST_P(WebhooksTest, goes_nowhere_near_ones_own_network) {
  settings_.allow.clear();
  settings_.attempts = 1;
  build();
  create(receiver_.url());
  start();
  happen("model.created", 1);
  EXPECT_NE(wait_for(1, "state = 'FAILED'").at(0).error.find("127.0.0.1"), std::string::npos);
  EXPECT_TRUE(receiver_.messages().empty());
}

TEST_P(WebhooksTest, refuses_what_is_wrong) {
  const auto code = [&](NewWebhook wanted) {
    const auto made = hooks_->create(call_, "default", wanted);
    return made ? Code::unknown : made.error().code;
  };
  const std::string url = "https://example.com/";
  EXPECT_EQ(code({"Hook!", url, {}, "", "", true}), Code::invalid_argument);
  for (const char* wrong : {"", "ftp://a/", "https://", "https://u:p@h/", "https://h/a b", "https://h/\n", "//h"})
    EXPECT_EQ(code({"a", wrong, {}, "", "", true}), Code::invalid_argument) << wrong;
  EXPECT_EQ(code({"a", url, {"model created"}, "", "", true}), Code::invalid_argument);
  EXPECT_EQ(code({"a", url, std::vector<std::string>(51, "*"), "", "", true}), Code::invalid_argument);
  EXPECT_EQ(code({"a", url, {}, "", "short", true}), Code::invalid_argument);
  EXPECT_EQ(code({"a", url, {}, std::string(5000, 'x'), "", true}), Code::invalid_argument);
  EXPECT_EQ(code({"a", url, {}, "", "", true}), Code::unknown);
  EXPECT_EQ(code({"a", url, {}, "", "", true}), Code::already_exists);
  const auto ns = must(world_->access->get_namespace(call_, access::Role::READER, "default"))->id;
  EXPECT_EQ(hooks_->list(access::TestAccess::somebody(access::Role::WRITER, ns), "default").error().code,
            Code::permission_denied);
  EXPECT_TRUE(hooks_->list(access::TestAccess::somebody(access::Role::ADMIN, ns), "default"));
  EXPECT_EQ(hooks_->remove(call_, "default", "a", 7).error().code, Code::failed_precondition);
  EXPECT_TRUE(hooks_->remove(call_, "default", "a", 1));
  EXPECT_EQ(hooks_->get(call_, "default", "a").error().code, Code::not_found);
}

TEST_P(WebhooksTest, nothing_happens_twice_when_a_node_takes_over) {
  create(receiver_.url(), {"model.*"});
  start();
  for (int i = 1; i <= 20; ++i) happen("model.created", i);
  wait_for(20, "state = 'DELIVERED'");
  build();
  for (int i = 21; i <= 40; ++i) happen("model.created", i);  // while nobody reads
  start();
  EXPECT_EQ(wait_for(40, "state = 'DELIVERED'").size(), 40u);
  EXPECT_EQ(receiver_.messages().size(), 40u);
}

}  // namespace
}  // namespace souk::webhooks
