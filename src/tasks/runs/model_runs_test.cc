// SPDX-License-Identifier: Apache-2.0
//
// Runs and operations on both databases, over a real model that classifies.
#include "tasks/runs/model_runs.h"

#include <gtest/gtest.h>

#include <future>

#include "serving/test_serving.h"
#include "tasks/runs/recorder.h"
#include "tasks/runs/waiters.h"

namespace souk::tasks {
namespace {

// A gray picture of 8 by 8 pixels, as PNG.
constexpr std::string_view kPixel =
    R"({"data":{"type":"image-base64","image-base64":"iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADklEQVR4nGNogAIGyhgAgIQgAQ2AJGEAAAAASUVORK5CYII="}})";
constexpr std::string_view kDeclaration =
    R"({"task":"CLASSIFICATION","input":{"name":"pixels","color":"GRAY","layout":"NF","width":8,"height":8},)"
    R"("output":{"labels":["a","b","c","d","e","f","g","h","i","j"]}})";

class RunsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    served.emplace(GetParam());
    start();
  }
  void TearDown() override {
    stop();
    served.reset();
  }
  void start(RunSettings settings = {}) {
    nodes = std::make_unique<work::Nodes>(work::NodeSettings{}, *served->store, "here", served->database.log);
    work = std::make_unique<work::Work>(work::WorkSettings{}, *served->store, *nodes, served->database.log,
                                        served->database.metrics);
    runs = std::make_unique<ModelRuns>(settings, *served->store, *served->events, *served->access, *served->registry,
                                       *served->serving, *work, served->database.log, served->database.metrics);
    runs->add_queues();
    ASSERT_TRUE(nodes->start());
    ASSERT_TRUE(runs->start());
  }
  void stop() {
    if (work) work->stop();
    runs.reset();
    work.reset();
    nodes.reset();
  }
  void deploy() {
    served->push_files("digits", "1",
                       {{"m.onnx", served->model_bytes("mlp")}, {"souk.yaml", std::string(kDeclaration)}});
    ASSERT_EQ(served->deploy("digits:1").state, serving::DeploymentState::READY);
  }
  TriggerRequest request(std::vector<std::string> inputs = {std::string(kPixel)}) {
    TriggerRequest out;
    out.model = "digits";
    for (std::string& one : inputs) out.inputs.push_back({std::move(one)});
    return out;
  }
  Result<Triggered> trigger(TriggerRequest wanted) {
    std::promise<Result<Triggered>> done;
    runs->trigger(served->call, std::move(wanted),
                  [&](Result<Triggered> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  ModelRun wait(const std::string& uid) {
    auto run = runs->get(served->call, uid);
    EXPECT_TRUE(run) << run.error().describe();
    std::promise<Result<ModelRun>> done;
    runs->wait(*run, std::chrono::steady_clock::now() + std::chrono::seconds(20),
               [&](Result<ModelRun> result) { done.set_value(std::move(result)); });
    return done.get_future().get().value();
  }
  std::int64_t count(const std::string& sql) {
    return served->store->read([&](store::Tx& tx) { return tx.scalar<std::int64_t>(sql); }).value().value_or(0);
  }
  access::Call somebody(std::int64_t id, access::Role role) {
    auto who = std::make_shared<access::Principal>();
    who->id = PrincipalId(id);
    who->name = "user-" + std::to_string(id);
    who->kind = access::PrincipalKind::USER;
    who->grant({NamespaceId(1), std::nullopt, 0, role});
    access::Call out = served->call;
    out.principal = who;
    return out;
  }

  std::optional<serving::TestServing> served;
  std::unique_ptr<work::Nodes> nodes;
  std::unique_ptr<work::Work> work;
  std::unique_ptr<ModelRuns> runs;
};
SOUK_ON_BOTH_DATABASES(RunsTest);

TEST_P(RunsTest, ASynchronousRunIsAnsweredAndRecorded) {
  deploy();
  const auto done = trigger(request({std::string(kPixel), std::string(kPixel)}));
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->task, "CLASSIFICATION");
  EXPECT_EQ(done->outputs.size(), 2u);
  served->wait_until([&] { return count("SELECT count(*) FROM model_runs") == 1; });
  const auto run = runs->get(served->call, done->run_uid);
  ASSERT_TRUE(run) << run.error().describe();
  EXPECT_EQ((*run)->state, RunState::SUCCEEDED);
  EXPECT_EQ((*run)->version, "1");
  EXPECT_EQ((*run)->digest, done->digest);
  EXPECT_EQ((*run)->input_count, 2);
  EXPECT_FALSE((*run)->is_operation());
  const auto payload = runs->payload(served->call, *run);
  EXPECT_EQ(payload->inputs->text, "[" + std::string(kPixel) + "," + std::string(kPixel) + "]");
  EXPECT_EQ(payload->outputs->text, "[" + done->outputs[0].text + "," + done->outputs[1].text + "]");
  EXPECT_EQ(runs->cancel(served->call, *run).error().code, Code::failed_precondition);
}

TEST_P(RunsTest, AFailedRunIsRecordedWithItsReason) {
  deploy();
  const auto failed = trigger(request({R"({"data":{"type":"image-base64","image-base64":"?"}})"}));
  EXPECT_EQ(failed.error().code, Code::invalid_argument);
  served->wait_until([&] { return count("SELECT count(*) FROM model_runs WHERE state = 'FAILED'") == 1; });
  // What never reached a model is no run.
  EXPECT_EQ(trigger(request({})).error().code, Code::invalid_argument);
  EXPECT_EQ(trigger(request({"{}"})).error().field, "task_inputs[0].data");
  EXPECT_EQ(trigger(request({"7"})).error().code, Code::invalid_argument);
  EXPECT_EQ(trigger(request(std::vector<std::string>(257, std::string(kPixel)))).error().code, Code::invalid_argument);
}

TEST_P(RunsTest, AnOperationIsQueuedRunAndKeptOnce) {
  deploy();
  const auto queued = runs->trigger_async(served->call, request());
  ASSERT_TRUE(queued) << queued.error().describe();
  EXPECT_EQ(queued->state, RunState::QUEUED);
  EXPECT_TRUE(queued->is_operation());
  work->start();
  const ModelRun done = wait(queued->uid);
  EXPECT_EQ(done.state, RunState::SUCCEEDED) << done.error;
  EXPECT_TRUE(done.start_time && done.end_time);
  const auto payload = runs->payload(served->call, *runs->get(served->call, queued->uid));
  ASSERT_TRUE(payload && payload->outputs);
  EXPECT_NE(payload->outputs->text.find("category"), std::string::npos);
  served->wait_until([&] { return count("SELECT count(*) FROM work_items WHERE queue = 'operations'") == 0; });
  EXPECT_EQ(served->event_data("operation.created").size(), 1u);
  served->wait_until([&] { return served->event_data("operation.updated").size() == 2; });
}

TEST_P(RunsTest, AnOperationThatCannotEverWorkFailsAtOnceAndLeavesNoDeadLetter) {
  deploy();
  const auto queued =
      runs->trigger_async(served->call, request({R"({"data":{"type":"image-base64","image-base64":"?"}})"}));
  ASSERT_TRUE(queued) << queued.error().describe();
  work->start();
  const ModelRun failed = wait(queued->uid);
  EXPECT_EQ(failed.state, RunState::FAILED);
  EXPECT_EQ(failed.error_code, "INVALID_ARGUMENT");
  served->wait_until([&] { return count("SELECT count(*) FROM work_items WHERE queue = 'operations'") == 0; });
}

TEST_P(RunsTest, IsRefusedAtOnceWhereItCouldNotBegin) {
  EXPECT_EQ(runs->trigger_async(served->call, request()).error().code, Code::not_found);
  deploy();
  TriggerRequest other = request();
  other.version = "7";
  EXPECT_EQ(runs->trigger_async(served->call, other).error().code, Code::not_found);
  EXPECT_EQ(runs->trigger_async(served->call, request({"{}"})).error().code, Code::invalid_argument);
  EXPECT_EQ(count("SELECT count(*) FROM model_runs"), 0);
}

TEST_P(RunsTest, CancelsWhatWaits) {
  deploy();
  const auto queued = runs->trigger_async(served->call, request());
  const auto run = runs->get(served->call, queued->uid);
  ASSERT_TRUE(run);
  const auto cancelled = runs->cancel(served->call, *run);
  ASSERT_TRUE(cancelled) << cancelled.error().describe();
  EXPECT_EQ(cancelled->state, RunState::CANCELLED);
  EXPECT_EQ(count("SELECT count(*) FROM work_items WHERE queue = 'operations'"), 0);
  EXPECT_EQ(runs->cancel(served->call, *run).error().code, Code::failed_precondition);
  EXPECT_EQ(wait(queued->uid).state, RunState::CANCELLED);
}

TEST_P(RunsTest, TheSameRequestUnderAKeyIsOneOperation) {
  deploy();
  access::Call keyed = served->call;
  keyed.idempotency_key = "once";
  const auto first = runs->trigger_async(keyed, request()), second = runs->trigger_async(keyed, request());
  ASSERT_TRUE(first && second) << second.error().describe();
  EXPECT_EQ(first->uid, second->uid);
  EXPECT_EQ(count("SELECT count(*) FROM model_runs"), 1);
  EXPECT_FALSE(runs->trigger_async(keyed, request({std::string(kPixel), std::string(kPixel)})));
}

TEST_P(RunsTest, ACrashInTheMiddleLosesNothing) {
  deploy();
  const auto queued = runs->trigger_async(served->call, request());
  // As a crash leaves it: taken by a node that is no more, and shown as running.
  ASSERT_TRUE(served->store->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.exec("UPDATE work_items SET state = 'RUNNING', node_id = 999, token = 3, attempts = 1"));
    SOUK_TRY(tx.exec("UPDATE model_runs SET state = 'RUNNING', start_time = 1"));
    return {};
  }));
  work->start();
  const ModelRun done = wait(queued->uid);
  EXPECT_EQ(done.state, RunState::SUCCEEDED) << done.error;
  EXPECT_EQ(to_millis(*done.start_time), 1);
}

TEST_P(RunsTest, AreSeenByWhoAskedAndByAdmins) {
  deploy();
  const access::Call one = somebody(11, access::Role::EXECUTOR), two = somebody(12, access::Role::EXECUTOR),
                     admin = somebody(13, access::Role::ADMIN);
  const auto mine = runs->trigger_async(one, request());
  ASSERT_TRUE(mine) << mine.error().describe();
  EXPECT_TRUE(runs->get(one, mine->uid));
  EXPECT_EQ(runs->get(two, mine->uid).error().code, Code::not_found);
  EXPECT_EQ(runs->get(two, "nothing").error().code, Code::not_found);
  const auto seen = runs->get(admin, mine->uid);
  ASSERT_TRUE(seen) << seen.error().describe();
  EXPECT_FALSE(runs->payload(admin, *seen)->inputs) << "what others asked is not an admin's to read";
  EXPECT_TRUE(runs->payload(one, *runs->get(one, mine->uid))->inputs);
  EXPECT_EQ(runs->list(one, true, {})->items.size(), 1u);
  EXPECT_EQ(runs->list(two, true, {})->items.size(), 0u);
  EXPECT_EQ(runs->list(admin, true, {})->items.size(), 1u);
  EXPECT_EQ(runs->latest(one, mine->model_id, std::nullopt)->operator->()->uid, mine->uid);
  EXPECT_EQ(runs->latest(two, mine->model_id, std::nullopt).error().code, Code::not_found);
  // Who may no longer call the model sees nothing of it.
  const access::Call later = somebody(11, access::Role::READER);
  EXPECT_EQ(runs->get(later, mine->uid).error().code, Code::not_found);
}

TEST_P(RunsTest, ListsByPageNumberAndFilters) {
  deploy();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(trigger(request()));
  (void)trigger(request({R"({"data":{"type":"image-base64","image-base64":"?"}})"}));
  served->wait_until([&] { return count("SELECT count(*) FROM model_runs") == 6; });
  const auto page = [&](const char* filter, const char* order, std::int64_t offset, std::int64_t limit) {
    return runs->page(served->call, {}, filter, order, offset, limit);
  };
  EXPECT_EQ(page("", "", 0, 4)->runs.size(), 4u);
  EXPECT_EQ(page("", "", 4, 4)->runs.size(), 2u);
  EXPECT_EQ(page("", "", 4, 4)->total, 6);
  EXPECT_EQ(page("status = 'RUN_STATUS_FAILED'", "", 0, 10)->total, 1);
  EXPECT_EQ(page("create_time > '2020-01-01T00:00:00Z'", "create_time asc", 0, 10)->total, 6);
  EXPECT_EQ(page("run_source = 'RUN_SOURCE_CONSOLE'", "", 0, 10)->total, 0);
  EXPECT_EQ(page("", "runner desc", 0, 10).error().code, Code::invalid_argument);
  EXPECT_EQ(page("payload = 1", "", 0, 10).error().code, Code::invalid_argument);
  EXPECT_EQ(runs->count(page("", "", 0, 1)->runs[0].model_id)->count, 6);
}

TEST_P(RunsTest, ExpireByPolicy) {
  stop();
  RunSettings settings;
  settings.payload_limit.count = 40;  // less than any picture
  start(settings);
  deploy();
  const auto kept = runs->trigger_async(served->call, request());
  work->start();
  ASSERT_EQ(wait(kept->uid).state, RunState::SUCCEEDED);
  auto payload = runs->payload(served->call, *runs->get(served->call, kept->uid));
  EXPECT_FALSE(payload->inputs) << "too large to keep";
  EXPECT_TRUE(payload->outputs) << "asked for, and kept until it expires";
  const auto expire = [&](const char* sql) {
    return served->store->write([&](store::Tx& tx) -> Status {
      SOUK_TRY(tx.exec(sql));
      SOUK_TRY(work->enqueue(tx, {.queue = "runs-expiry"}));
      return {};
    });
  };
  ASSERT_TRUE(expire("UPDATE model_run_payloads SET end_time = 1"));
  served->wait_until([&] { return count("SELECT count(*) FROM model_run_payloads") == 0; });
  EXPECT_EQ(runs->get(served->call, kept->uid).value()->state, RunState::SUCCEEDED);
  ASSERT_TRUE(expire("UPDATE model_runs SET end_time = 1"));
  served->wait_until([&] { return count("SELECT count(*) FROM model_runs") == 0; });
}

TEST(RunState, MovesByOneTable) {
  EXPECT_TRUE(may_become(RunState::QUEUED, RunState::RUNNING));
  EXPECT_TRUE(may_become(RunState::QUEUED, RunState::CANCELLED));
  EXPECT_FALSE(may_become(RunState::QUEUED, RunState::SUCCEEDED));
  EXPECT_TRUE(may_become(RunState::RUNNING, RunState::SUCCEEDED));
  for (const RunState end : {RunState::SUCCEEDED, RunState::FAILED, RunState::CANCELLED}) {
    for (const RunState to : {RunState::QUEUED, RunState::RUNNING, RunState::SUCCEEDED, RunState::FAILED}) {
      EXPECT_FALSE(may_become(end, to));
    }
  }
}

TEST(Waiters, AreDoneByEndByDeadlineAndByStopping) {
  Waiters waiters;
  const auto now = std::chrono::steady_clock::now();
  std::promise<void> ended, late, stopped;
  waiters.add("a", kNoDeadline, [&] { ended.set_value(); });
  waiters.add("b", now + std::chrono::milliseconds(20), [&] { late.set_value(); });
  waiters.add("c", kNoDeadline, [&] { stopped.set_value(); });
  waiters.ended("a");
  ended.get_future().get();
  late.get_future().get();
  EXPECT_GE(std::chrono::steady_clock::now(), now + std::chrono::milliseconds(20));
  waiters.stop();
  stopped.get_future().get();
  bool at_once = false;
  waiters.add("d", kNoDeadline, [&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

}  // namespace
}  // namespace souk::tasks
