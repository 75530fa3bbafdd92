// SPDX-License-Identifier: Apache-2.0
#include "registry/records/records.h"

#include <gtest/gtest.h>

#include "registry/metrics/run_log.h"
#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class RecordsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    r_ = std::make_unique<TestRegistry>(GetParam());
    experiments_ = std::make_unique<Records<Experiment>>(*r_->registry);
    runs_ = std::make_unique<Records<ExperimentRun>>(*r_->registry);
    artifacts_ = std::make_unique<Records<Artifact>>(*r_->registry);
    environments_ = std::make_unique<Records<Environment>>(*r_->registry);
    services_ = std::make_unique<Records<InferenceService>>(*r_->registry);
  }
  Result<Experiment> make_experiment(const std::string& name, std::optional<std::string> external_id = {}) {
    Experiment experiment;
    experiment.namespace_id = r_->ns()->id;
    experiment.name = name;
    experiment.external_id = std::move(external_id);
    return experiments_->create(r_->call, experiment);
  }
  Result<ExperimentRun> make_run(const Experiment& of, const std::string& name, std::optional<RunId> parent = {},
                                 bool unique = true) {
    ExperimentRun run;
    run.namespace_id = of.namespace_id;
    run.experiment_id = of.id;
    run.name = name;
    run.parent_run_id = parent;
    return runs_->create(r_->call, run, unique);
  }
  template <class T>
  static Code code(const Result<T>& result) {
    return result ? Code::unknown : result.error().code;
  }

  std::unique_ptr<TestRegistry> r_;
  std::unique_ptr<Records<Experiment>> experiments_;
  std::unique_ptr<Records<ExperimentRun>> runs_;
  std::unique_ptr<Records<Artifact>> artifacts_;
  std::unique_ptr<Records<Environment>> environments_;
  std::unique_ptr<Records<InferenceService>> services_;
};
SOUK_ON_BOTH_DATABASES(RecordsTest);

TEST_P(RecordsTest, NamesAndExternalIdsAreUnique) {
  const auto one = TestRegistry::must(make_experiment("Mein Versuch", "x"));
  EXPECT_EQ(one.slug, "mein-versuch");
  EXPECT_EQ(code(make_experiment("Mein Versuch")), Code::already_exists);
  EXPECT_EQ(code(make_experiment("other", "x")), Code::already_exists);
  EXPECT_EQ(TestRegistry::must(make_experiment("mein versuch!")).slug, "mein-versuch-2");
  const auto run = TestRegistry::must(make_run(one, "r"));
  EXPECT_EQ(code(make_run(one, "r")), Code::already_exists);
  EXPECT_NE(TestRegistry::must(make_run(one, "r", {}, false)).id, run.id);
  EXPECT_EQ(code(runs_->find(r_->call, {.namespace_id = one.namespace_id,
                                        .under = {Parent::experiment_id, one.id.value},
                                        .name = "r",
                                        .external_id = {}})),
            Code::not_found);  // two are called so
  const auto unnamed = TestRegistry::must(make_run(one, ""));
  EXPECT_EQ(unnamed.name, unnamed.uid);
}

TEST_P(RecordsTest, OneOfTwoWritersWins) {
  const auto made = TestRegistry::must(make_experiment("raced"));
  const auto experiment = TestRegistry::must(experiments_->get(r_->call, access::Role::WRITER, made.id));
  const Change<Experiment> first = [](Experiment& e) -> Status {
    e.description = "first";
    return {};
  };
  EXPECT_EQ(TestRegistry::must(experiments_->update(r_->call, experiment, first, made.revision)).revision, 2);
  EXPECT_EQ(code(experiments_->update(r_->call, experiment, first, made.revision)), Code::failed_precondition);
  EXPECT_EQ(TestRegistry::must(experiments_->update(r_->call, experiment, first, 2)).revision, 2);  // nothing changed
}

TEST_P(RecordsTest, WhatMustNotChangeDoesNot) {
  Environment wanted;
  wanted.namespace_id = r_->ns()->id;
  wanted.name = "prod";
  const auto made = TestRegistry::must(environments_->create(r_->call, wanted));
  const auto environment = TestRegistry::must(environments_->get(r_->call, access::Role::WRITER, made.id));
  const Change<Environment> rename = [](Environment& e) -> Status {
    e.name = "other";
    return {};
  };
  EXPECT_EQ(code(environments_->update(r_->call, environment, rename, {})), Code::invalid_argument);
  const auto experiment = TestRegistry::must(make_experiment("times"));
  const auto run = TestRegistry::must(make_run(experiment, "r"));
  const auto authorized = TestRegistry::must(runs_->get(r_->call, access::Role::WRITER, run.id));
  const Change<ExperimentRun> backwards = [](ExperimentRun& r) -> Status {
    r.start_time = from_millis(1000);
    r.end_time = from_millis(999);
    return {};
  };
  EXPECT_EQ(code(runs_->update(r_->call, authorized, backwards, {})), Code::invalid_argument);
  const Change<ExperimentRun> finish = [](ExperimentRun& r) -> Status {
    r.status = RunStatus::FINISHED;
    return {};
  };
  EXPECT_TRUE(TestRegistry::must(runs_->update(r_->call, authorized, finish, {})).end_time);
}

TEST_P(RecordsTest, RemovingNamesWhatDependsOrTakesItToo) {
  const auto experiment = TestRegistry::must(make_experiment("gone"));
  const auto run = TestRegistry::must(make_run(experiment, "outer"));
  const auto inner = TestRegistry::must(make_run(experiment, "inner", run.id));
  RunLog log(*r_->registry);
  const auto authorized = TestRegistry::must(runs_->get(r_->call, access::Role::WRITER, inner.id));
  TestRegistry::must(log.log(r_->call, authorized, {.metrics = {{"loss", 1}}, .parameters = {{"lr", "1"}}}));
  const auto outer = TestRegistry::must(runs_->get(r_->call, access::Role::WRITER, run.id));
  const Status refused = runs_->remove(r_->call, outer, false, {});
  EXPECT_EQ(code(refused), Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("1 nested run"), std::string::npos);
  const auto whole = TestRegistry::must(experiments_->get(r_->call, access::Role::WRITER, experiment.id));
  EXPECT_NE(experiments_->remove(r_->call, whole, false, {}).error().message.find("2 runs"), std::string::npos);
  TestRegistry::must(runs_->remove(r_->call, outer, true, {}));
  EXPECT_EQ(r_->count("experiment_runs") + r_->count("artifacts") + r_->count("metric_chunks"), 0);
  TestRegistry::must(make_run(experiment, "again"));
  TestRegistry::must(experiments_->remove(r_->call, whole, true, {}));
  EXPECT_EQ(r_->count("experiments") + r_->count("experiment_runs"), 0);
}

TEST_P(RecordsTest, ListsAreFilteredInBothVocabularies) {
  for (int i = 0; i < 5; ++i) {
    Experiment experiment;
    experiment.namespace_id = r_->ns()->id;
    experiment.name = "e" + std::to_string(i);
    experiment.custom_properties.text = R"({"accuracy":0.)" + std::to_string(i) + "}";
    TestRegistry::must(experiments_->create(r_->call, experiment));
  }
  const auto names = [&](const ListQuery& query) {
    std::string out;
    for (const auto& e : TestRegistry::must(experiments_->list(r_->call, {}, query)).items) out += e.name;
    return out;
  };
  EXPECT_EQ(names({.filter = "custom_properties.accuracy >= 0.3", .order_by = "id"}), "e3e4");
  EXPECT_EQ(names({.filter = "accuracy < 0.2", .order_by = "id desc", .bare_names = "custom_properties"}), "e1e0");
  EXPECT_EQ(names({.filter = "createTimeSinceEpoch > 0 AND name != 'e2'", .order_by = "name"}), "e0e1e3e4");
  EXPECT_EQ(names({.order_by = "id", .and_filter = "name = 'e3'"}), "e3");
}

TEST_P(RecordsTest, AnArtifactBelongsToWhatIsThere) {
  const auto model = r_->make_model("digits");
  const auto version = TestRegistry::must(r_->registry->create_version(r_->call, model, {.name = "v1"}));
  Artifact wanted;
  wanted.namespace_id = model->namespace_id;
  wanted.version_id = version.id;
  wanted.name = "weights";
  wanted.uri = "s3://a/b";
  const auto made = TestRegistry::must(artifacts_->create(r_->call, wanted));
  EXPECT_EQ(made.model_id, model->id);
  EXPECT_EQ(code(artifacts_->create(r_->call, wanted)), Code::already_exists);
  wanted.kind = ArtifactKind::DOC;
  TestRegistry::must(artifacts_->create(r_->call, wanted));  // another kind, the same name
  wanted.version_id = VersionId(999);
  EXPECT_EQ(code(artifacts_->create(r_->call, wanted)), Code::not_found);
  wanted.version_id.reset();
  wanted.kind = ArtifactKind::METRIC;
  EXPECT_EQ(code(artifacts_->create(r_->call, wanted)), Code::invalid_argument);
  TestRegistry::must(r_->registry->delete_version(r_->call, model, "v1"));
  EXPECT_EQ(r_->count("artifacts"), 0);
}

TEST_P(RecordsTest, ASealedVersionShowsItsBytes) {
  r_->make_model("digits");
  TestRegistry::must(r_->push_onnx("digits", "v1", "bytes"));
  const auto page = TestRegistry::must(artifacts_->list(r_->call, {}, {}));
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].name, "digits");
  EXPECT_TRUE(page.items[0].held && page.items[0].held->starts_with("default/digits@sha256:"));
}

TEST_P(RecordsTest, AModelInServiceStays) {
  const auto model = r_->make_model("served");
  Environment wanted;
  wanted.namespace_id = r_->ns()->id;
  wanted.name = "prod";
  const auto environment = TestRegistry::must(environments_->create(r_->call, wanted));
  InferenceService service;
  service.namespace_id = wanted.namespace_id;
  service.environment_id = environment.id;
  service.model_id = model->id;
  service.name = "answers";
  TestRegistry::must(services_->create(r_->call, service));
  const Status refused = r_->registry->delete_model(r_->call, model, {});
  EXPECT_EQ(code(refused), Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("inference service answers"), std::string::npos);
}

TEST_P(RecordsTest, OthersSeeOnlyTheirNamespace) {
  TestRegistry::must(make_experiment("hidden"));
  access::Call stranger = r_->call;
  auto nobody = std::make_shared<access::Principal>();
  stranger.principal = nobody;
  EXPECT_EQ(TestRegistry::must(experiments_->list(stranger, {}, {})).items.size(), 0u);
  EXPECT_EQ(code(experiments_->get(stranger, access::Role::READER, ExperimentId(1))), Code::not_found);
  Experiment experiment;
  experiment.namespace_id = r_->ns()->id;
  experiment.name = "theirs";
  EXPECT_FALSE(experiments_->create(stranger, experiment));
}

}  // namespace
}  // namespace souk::registry
