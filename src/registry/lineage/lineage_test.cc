// SPDX-License-Identifier: Apache-2.0
#include "registry/lineage/lineage.h"

#include <gtest/gtest.h>

#include "registry/metrics/run_log.h"
#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class LineageTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    r_ = std::make_unique<TestRegistry>(GetParam());
    lineage_ = std::make_unique<Lineage>(*r_->registry);
  }
  void link(const std::vector<std::pair<int, int>>& edges) {
    const NamespaceId ns = r_->ns()->id;
    TestRegistry::must(r_->store->write([&](store::Tx& tx) -> Status {
      for (const auto& [a, b] : edges) {
        SOUK_TRY(add_edge(tx, ns, {"run:" + std::to_string(a), "run:" + std::to_string(b), "made"}));
      }
      return {};
    }));
  }
  LineageGraph graph(const std::string& node, std::int64_t depth = 10, std::size_t most = 1000) {
    return TestRegistry::must(lineage_->graph(r_->call, node, depth, most));
  }

  std::unique_ptr<TestRegistry> r_;
  std::unique_ptr<Lineage> lineage_;
};
SOUK_ON_BOTH_DATABASES(LineageTest);

TEST_P(LineageTest, FromADatasetToAnAlias) {
  const auto model = r_->make_model("digits");
  TestRegistry::must(r_->push_onnx("digits", "v1", "bytes"));
  const auto version = TestRegistry::must(r_->registry->get_version(model, "v1"));
  TestRegistry::must(r_->registry->set_alias(r_->call, model, "champion", "v1"));
  Records<Experiment> experiments(*r_->registry);
  Records<ExperimentRun> runs(*r_->registry);
  Experiment experiment;
  experiment.namespace_id = model->namespace_id;
  experiment.name = "mnist";
  experiment = TestRegistry::must(experiments.create(r_->call, experiment));
  ExperimentRun run;
  run.namespace_id = model->namespace_id;
  run.experiment_id = experiment.id;
  run.name = "train";
  run = TestRegistry::must(runs.create(r_->call, run));
  RunLog log(*r_->registry);
  bool created = false;
  Artifact dataset;
  dataset.namespace_id = model->namespace_id;
  dataset.run_id = run.id;
  dataset.kind = ArtifactKind::DATASET;
  dataset.name = "images";
  TestRegistry::must(log.put_artifact(r_->call, dataset, created));
  Artifact weights = dataset;
  weights.kind = ArtifactKind::MODEL;
  weights.name = "weights";
  weights.version_id = version.id;
  TestRegistry::must(log.put_artifact(r_->call, weights, created));

  const std::string node = TestRegistry::must(lineage_->find_node(r_->call, "default/digits@champion"));
  const LineageGraph found = graph(node);
  std::string names;
  for (const LineageNode& one : found.nodes) names += one.name + " ";
  EXPECT_EQ(names, "digits:1 digits@champion weights train images ");
  EXPECT_EQ(found.edges.size(), 4u);
  EXPECT_EQ(found.nodes[1].distance, 1);
  EXPECT_EQ(found.nodes[0].place, "default");
  EXPECT_EQ(found.nodes[3].place.substr(0, 8), "default/") << "a run's place is its experiment";
  EXPECT_EQ(found.nodes.back().distance, -3);
}

TEST_P(LineageTest, CyclesEnd) {
  link({{1, 2}, {2, 3}, {3, 1}, {3, 3}});
  const LineageGraph found = graph("run:1");
  EXPECT_EQ(found.nodes.size(), 3u);
  EXPECT_EQ(found.edges.size(), 4u);
  EXPECT_FALSE(found.truncated);
}

TEST_P(LineageTest, DepthAndNodesAreBounded) {
  std::vector<std::pair<int, int>> chain;
  for (int i = 1; i < 50; ++i) chain.push_back({i, i + 1});
  link(chain);
  EXPECT_EQ(graph("run:25", 3).nodes.size(), 7u);
  EXPECT_TRUE(graph("run:25", 3).truncated);
  EXPECT_EQ(graph("run:25", 100).nodes.size(), 50u);
  EXPECT_EQ(graph("run:25", 100, 10).nodes.size(), 10u);
  EXPECT_FALSE(lineage_->graph(r_->call, "run:1", 0, 10));
  EXPECT_FALSE(lineage_->graph(r_->call, "run:1", 101, 10));
}

TEST_P(LineageTest, AHundredThousandNodes) {
  std::vector<std::pair<int, int>> fan;
  for (int i = 2; i <= 100'000; ++i) fan.push_back({std::max(1, i / 10), i});
  for (std::size_t at = 0; at < fan.size(); at += 10'000) {
    link({fan.begin() + static_cast<std::ptrdiff_t>(at),
          fan.begin() + static_cast<std::ptrdiff_t>(std::min(at + 10'000, fan.size()))});
  }
  const LineageGraph found = graph("run:1", 100, 100'000);
  EXPECT_EQ(found.nodes.size(), 100'000u);
}

TEST_P(LineageTest, StrangersSeeNothing) {
  link({{1, 2}});
  access::Call stranger = r_->call;
  stranger.principal = std::make_shared<access::Principal>();
  EXPECT_EQ(lineage_->graph(stranger, "run:1", 10, 10).error().code, Code::not_found);
  EXPECT_EQ(lineage_->find_node(r_->call, "run:x").error().code, Code::invalid_argument);
}

TEST_P(LineageTest, AnEdgeLeadsOnlyToWhatItsWriterMaySee) {
  Records<Experiment> experiments(*r_->registry);
  Experiment secret;
  secret.namespace_id = r_->ns()->id;
  secret.name = "secret";
  secret = TestRegistry::must(experiments.create(r_->call, secret));
  Records<ExperimentRun> runs(*r_->registry);
  ExperimentRun run;
  run.namespace_id = secret.namespace_id;
  run.experiment_id = secret.id;
  run.name = "secret run";
  run = TestRegistry::must(runs.create(r_->call, run));
  const std::string node = "run:" + std::to_string(run.id.value);

  const NamespaceId theirs = r_->make_namespace("theirs");
  const access::Call stranger = TestRegistry::somebody(access::Role::OWNER, theirs);
  EXPECT_EQ(lineage_->record(stranger, "theirs", {node, node, "made"}).error().code, Code::not_found);
  EXPECT_EQ(lineage_->record(r_->call, "theirs", {node, "run:999999", "made"}).error().code, Code::not_found);
  TestRegistry::must(lineage_->record(r_->call, "theirs", {node, node, "made"}));
  EXPECT_EQ(graph(node).nodes[0].name, "secret run");
  const auto seen = lineage_->graph(stranger, node, 1, 10);
  ASSERT_FALSE(seen) << "an edge in their namespace tells them nothing of its end";
  EXPECT_EQ(seen.error().code, Code::not_found);
}

}  // namespace
}  // namespace souk::registry
