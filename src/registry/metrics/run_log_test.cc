// SPDX-License-Identifier: Apache-2.0
#include "registry/metrics/run_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <limits>
#include <thread>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class RunLogTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    r_ = std::make_unique<TestRegistry>(GetParam());
    runs_ = std::make_unique<Records<ExperimentRun>>(*r_->registry);
    log_ = std::make_unique<RunLog>(*r_->registry);
    Records<Experiment> experiments(*r_->registry);
    Experiment experiment;
    experiment.namespace_id = r_->ns()->id;
    experiment.name = "mnist";
    experiment_ = TestRegistry::must(experiments.create(r_->call, experiment));
  }
  access::Authorized<ExperimentRun> run(const std::string& name) {
    ExperimentRun run;
    run.namespace_id = experiment_.namespace_id;
    run.experiment_id = experiment_.id;
    run.name = name;
    const auto made = TestRegistry::must(runs_->create(r_->call, run));
    return TestRegistry::must(runs_->get(r_->call, access::Role::WRITER, made.id));
  }
  HistoryQuery of(const access::Authorized<ExperimentRun>& run) {
    return {.namespace_id = run->namespace_id, .run_id = run->id};
  }

  std::unique_ptr<TestRegistry> r_;
  std::unique_ptr<Records<ExperimentRun>> runs_;
  std::unique_ptr<RunLog> log_;
  Experiment experiment_;
};
SOUK_ON_BOTH_DATABASES(RunLogTest);

TEST_P(RunLogTest, TheLatestValueIsAnArtifactAndTheHistoryHasAll) {
  const auto one = run("one");
  LogBatch batch;
  for (int i = 0; i < 3; ++i) batch.metrics.push_back({"loss", 3.0 - i, i, from_millis(1000)});
  batch.parameters = {{"lr", "0.1", ParameterType::number}};
  TestRegistry::must(log_->log(r_->call, one, batch));
  batch.metrics = {{"loss", 9, 1, from_millis(2000)}};  // late: of a step that is past
  batch.parameters = {{"lr", "0.2", ParameterType::number}};
  TestRegistry::must(log_->log(r_->call, one, batch));
  const Records<Artifact> artifacts(*r_->registry);
  const auto page = TestRegistry::must(artifacts.list(r_->call, {Parent::run_id, one->id.value}, {.order_by = "name"}));
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].value, 1.0);
  EXPECT_EQ(page.items[0].step, 2);
  EXPECT_EQ(page.items[1].text_value, "0.2");
  const auto history = TestRegistry::must(log_->history(of(one)));
  ASSERT_EQ(history.items.size(), 4u);
  EXPECT_EQ(history.items[3].point.value, 9);
  EXPECT_NE(r_->event_types().find("run.logged one"), std::string::npos);
}

TEST_P(RunLogTest, ManyWritersOfOneMetricLoseNoPoint) {
  constexpr int kWriters = 8, kPoints = 10;
  const auto one = run("one");
  std::atomic<int> made{0};
  std::latch begin(kWriters);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      begin.arrive_and_wait();
      for (int i = 0; i < kPoints; ++i) {
        Artifact point;
        point.namespace_id = one->namespace_id;
        point.run_id = one->id;
        point.kind = ArtifactKind::METRIC;
        point.name = "loss";
        point.value = writer;
        point.step = i;
        bool created = false;
        const auto put = log_->put_artifact(r_->call, point, created);
        ASSERT_TRUE(put) << put.error().describe();
        if (created) ++made;
        LogBatch batch;
        batch.metrics.push_back({"accuracy", 0.5, i, from_millis(1000)});
        const auto logged = log_->log(r_->call, one, batch);
        ASSERT_TRUE(logged) << logged.error().describe();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  HistoryQuery all = of(one);
  all.page_size = 1000;
  EXPECT_EQ(TestRegistry::must(log_->history(all)).items.size(), 2u * kWriters * kPoints);
  const Records<Artifact> artifacts(*r_->registry);
  const auto page = TestRegistry::must(artifacts.list(r_->call, {Parent::run_id, one->id.value}, {.order_by = "name"}));
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].step, kPoints - 1);
  EXPECT_GE(page.items[1].revision, 8);  // changes of the value, not of the step alone, at the least
}

TEST_P(RunLogTest, ManySmallWritesBecomeFewChunks) {
  const auto one = run("small");
  constexpr int kPoints = 64 * 64 + 70;
  for (int i = 0; i < kPoints; ++i) {
    TestRegistry::must(log_->log(r_->call, one, {.metrics = {{"loss", i * 0.5, i, from_millis(i)}}}));
  }
  EXPECT_LT(r_->count("metric_chunks"), 130);
  EXPECT_EQ(r_->count("metric_chunks WHERE level = 2"), 1);
  std::int64_t next = 0;
  HistoryQuery query = of(one);
  query.page_size = 1000;
  do {
    const auto page = TestRegistry::must(log_->history(query));
    for (const HistoryPoint& point : page.items) {
      ASSERT_EQ(point.point.step, next);
      ASSERT_EQ(point.point.value, static_cast<double>(next++) * 0.5);
    }
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  EXPECT_EQ(next, kPoints);
}

TEST_P(RunLogTest, PagesGoBothWaysOverSeveralMetricsAndRuns) {
  const auto one = run("a"), two = run("b");
  LogBatch batch;
  for (int i = 0; i < 100; ++i) {
    batch.metrics.push_back({"x", i * 1.0, i, {}});
    batch.metrics.push_back({"y", -i * 1.0, i, {}});
  }
  TestRegistry::must(log_->log(r_->call, one, batch));
  TestRegistry::must(log_->log(r_->call, two, batch));
  for (bool down : {false, true}) {
    HistoryQuery query{.namespace_id = one->namespace_id};
    query.newest_first = down;
    query.page_size = 7;
    std::vector<std::string> seen;
    do {
      const auto page = TestRegistry::must(log_->history(query));
      for (const HistoryPoint& p : page.items)
        seen.push_back(std::to_string(p.run_id.value) + p.name + std::to_string(p.point.step));
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    EXPECT_EQ(seen.size(), 400u);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 400u);
  }
  HistoryQuery some{.namespace_id = one->namespace_id, .run_id = two->id, .name = "x", .steps = {5, 50}};
  EXPECT_EQ(TestRegistry::must(log_->history(some)).items.size(), 2u);
  some.steps.clear();
  some.filter = "value > 90.5 AND step < 95 AND name = 'x'";
  EXPECT_EQ(TestRegistry::must(log_->history(some)).items.size(), 4u);
  some.filter = "color = 1";
  EXPECT_FALSE(log_->history(some));
  some.filter.clear();
  some.page_token = "AAAA";
  EXPECT_FALSE(log_->history(some));
}

TEST_P(RunLogTest, ALongHistoryIsDrawnWithFewPoints) {
  const auto one = run("long");
  for (int batch = 0; batch < 40; ++batch) {
    LogBatch points;
    for (int i = 0; i < 10'000; ++i) {
      const int step = batch * 10'000 + i;
      points.metrics.push_back({"loss", step == 123'456 ? 1e6 : 1.0 / (step + 1), step, from_millis(step)});
    }
    TestRegistry::must(log_->log(r_->call, one, points));
  }
  const auto curves = TestRegistry::must(log_->curves(one, {}, 2000));
  ASSERT_EQ(curves.size(), 1u);
  EXPECT_EQ(curves[0].points, 400'000);
  EXPECT_LE(curves[0].shown.size(), 2000u);
  EXPECT_GT(curves[0].shown.size(), 1000u);
  EXPECT_TRUE(std::ranges::any_of(curves[0].shown, [](const MetricPoint& p) { return p.value == 1e6; }));
}

TEST_P(RunLogTest, RunsAreFilteredByWhatTheyLogged) {
  const auto one = run("one"), two = run("two");
  LogBatch batch;
  batch.metrics = {{"val/loss", 0.5, 1}, {"val/loss", 0.1, 2}, {"steps", 2}};
  batch.parameters = {{"lr", "1e-2", ParameterType::number}, {"optimizer", "adam"}};
  TestRegistry::must(log_->log(r_->call, one, batch));
  batch.metrics = {{"val/loss", 0.3, 2}};
  batch.parameters = {{"lr", "0.5", ParameterType::number}, {"optimizer", "1e9 sgd"}};
  TestRegistry::must(log_->log(r_->call, two, batch));
  const auto names = [&](const std::string& filter) {
    std::string out;
    for (const auto& found :
         TestRegistry::must(runs_->list(r_->call, {}, {.filter = filter, .order_by = "name"})).items)
      out += found.name + " ";
    return out;
  };
  EXPECT_EQ(names("metrics.`val/loss` < 0.2"), "one ");
  EXPECT_EQ(names("metrics.`val/loss` < 0.4 AND parameters.optimizer LIKE '%sgd'"), "two ");
  EXPECT_EQ(names("parameters.lr < 0.1"), "one ");
  EXPECT_EQ(names("parameters.lr = '0.5'"), "two ");
  EXPECT_EQ(names("parameters.optimizer > 1"), "");
  EXPECT_EQ(names("metrics.steps = 2 OR parameters.lr IN (0.5)"), "one two ");
  batch.parameters = {{"lr", "small", ParameterType::number}};
  EXPECT_EQ(log_->log(r_->call, two, batch).error().code, Code::invalid_argument);
}

TEST_P(RunLogTest, BadPointsAreRefused) {
  const auto one = run("bad");
  const auto code = [&](LoggedMetric metric) {
    const Status status = log_->log(r_->call, one, {.metrics = {std::move(metric)}});
    return status ? Code::unknown : status.error().code;
  };
  EXPECT_EQ(code({"x", std::numeric_limits<double>::quiet_NaN()}), Code::invalid_argument);
  EXPECT_EQ(code({"x", std::numeric_limits<double>::infinity()}), Code::invalid_argument);
  EXPECT_EQ(code({"", 1}), Code::invalid_argument);
  EXPECT_EQ(code({"a\nb", 1}), Code::invalid_argument);
  EXPECT_EQ(code({"x", 1, 0, from_millis(-1)}), Code::invalid_argument);
  EXPECT_EQ(code({"x", 1, std::numeric_limits<std::int64_t>::min(), from_millis(0)}), Code::unknown);
  EXPECT_EQ(r_->count("metric_series"), 1);
}

}  // namespace
}  // namespace souk::registry
