// SPDX-License-Identifier: Apache-2.0
#include "registry/compare/compare.h"

#include <gtest/gtest.h>

#include "registry/compare/facts.h"
#include "registry/metrics/run_log.h"
#include "registry/records/records.h"
#include "registry/test_registry.h"

namespace souk::registry {
namespace {

std::string rows_of(const Comparison& all, const std::string& section) {
  std::string out;
  for (const ComparedSection& one : all.sections) {
    if (one.name != section) continue;
    for (const ComparedRow& row : one.rows) {
      out += (out.empty() ? "" : "; ") + row.name + " " + std::string(json::enum_name(row.change));
      for (const auto& value : row.values) out += " " + (value ? value->text : "-");
      if (row.best) out += " best " + json::write(*row.best);
    }
  }
  return out;
}

class CompareTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
    compare_ = std::make_unique<Compare>(*w_->store, *w_->access, *w_->artifacts);
  }
  Comparison of(const std::vector<std::string>& names, bool only_changed = false) {
    return TestRegistry::must(compare_->compare(w_->call, names, only_changed));
  }
  std::string run(const Experiment& experiment, std::vector<LoggedMetric> metrics,
                  std::vector<LoggedParameter> parameters) {
    Records<ExperimentRun> runs(*w_->registry);
    ExperimentRun wanted;
    wanted.namespace_id = experiment.namespace_id;
    wanted.experiment_id = experiment.id;
    wanted.name = "r";
    const ExperimentRun made = TestRegistry::must(runs.create(w_->call, wanted, false));
    const auto authorized = TestRegistry::must(runs.get(w_->call, access::Role::WRITER, made.id));
    TestRegistry::must(
        RunLog(*w_->registry).log(w_->call, authorized, {std::move(metrics), std::move(parameters), {}}));
    return "run:" + std::to_string(made.id.value);
  }

  std::unique_ptr<TestRegistry> w_;
  std::unique_ptr<Compare> compare_;
};
SOUK_ON_BOTH_DATABASES(CompareTest);

TEST_P(CompareTest, files_and_dependencies_of_versions) {
  const auto m = w_->repository("m");
  TestRegistry::must(w_->push("m", "1",
                              w_->model_manifest(m, {{"model.onnx", "a"},
                                                     {"same.txt", "s"},
                                                     {"gone.txt", "g"},
                                                     {"requirements.txt", "numpy==1\ntorch>=2 # fast\n-r other\n"}})));
  TestRegistry::must(w_->push(
      "m", "2",
      w_->model_manifest(
          m,
          {{"model.onnx", "bb"}, {"same.txt", "s"}, {"new.txt", "n"}, {"requirements.txt", "NumPy==2\ntorch>=2\n"}})));
  TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "1"));
  const Comparison all = of({"m@champion", "default/m:2"});
  EXPECT_EQ(all.items[0].version, 1);
  EXPECT_EQ(all.items[1].version, 2);
  EXPECT_EQ(rows_of(all, "dependencies"), R"(numpy CHANGED "==1" "==2"; torch SAME ">=2" ">=2")");
  const std::string files = rows_of(all, "files");
  for (const char* row : {"gone.txt REMOVED {", "model.onnx CHANGED {", "new.txt ADDED - {", "same.txt SAME {"})
    EXPECT_NE(files.find(row), std::string::npos) << row << " in " << files;
  EXPECT_NE(rows_of(all, "signature").find(R"(input x SAME "FP32[-1,64]")"), std::string::npos);
  EXPECT_EQ(rows_of(of({"m:1", "m:2"}, true), "dependencies"), R"(numpy CHANGED "==1" "==2")");
  EXPECT_EQ(of({"m:1", "m"}).items[1].version, 2);
  EXPECT_EQ(of({"m:1", "m@" + all.items[1].digest->string()}).items[1].version, 2);
}

TEST_P(CompareTest, runs_with_what_is_best) {
  Records<Experiment> experiments(*w_->registry);
  Experiment wanted;
  wanted.namespace_id = w_->ns()->id;
  wanted.slug = wanted.name = "e";
  wanted.tags.text = R"({"best.loss":"min","best.accuracy":"max"})";
  const Experiment experiment = TestRegistry::must(experiments.create(w_->call, wanted));
  const std::string a = run(experiment, {{"loss", 0.5, 0, {}}, {"loss", 0.25, 1, {}}, {"accuracy", 0.9, 0, {}}},
                            {{"lr", "0.1"}, {"epochs", "3"}}),
                    b = run(experiment, {{"loss", 0.3, 0, {}}, {"accuracy", 0.9, 0, {}}}, {{"lr", "0.2"}});
  const Comparison all = of({a, b});
  EXPECT_EQ(rows_of(all, "metrics"), "accuracy SAME 0.9 0.9 best [0,1]; loss CHANGED 0.25 0.3 best [0]");
  EXPECT_EQ(rows_of(all, "parameters"), R"(epochs REMOVED "3" -; lr CHANGED "0.1" "0.2")");
  EXPECT_EQ(all.items[1].experiment, "e");
}

TEST_P(CompareTest, refuses_and_hides) {
  w_->make_model("m");
  TestRegistry::must(w_->registry->create_version(w_->call, w_->model("m"), {}));
  const auto code = [&](const std::vector<std::string>& names, const access::Call& call) {
    const auto compared = compare_->compare(call, names, false);
    return compared ? Code::unknown : compared.error().code;
  };
  EXPECT_EQ(code({"m:1"}, w_->call), Code::invalid_argument);
  EXPECT_EQ(code(std::vector<std::string>(21, "m:1"), w_->call), Code::invalid_argument);
  EXPECT_EQ(code(std::vector<std::string>(20, "m:1"), w_->call), Code::unknown);
  EXPECT_EQ(code({"m:1", "run:x"}, w_->call), Code::invalid_argument);
  EXPECT_EQ(code({"m:1", "run:99"}, w_->call), Code::not_found);
  EXPECT_EQ(code({"m:1", "m:2"}, w_->call), Code::not_found);
  EXPECT_EQ(code({"m:1", "nowhere/m:1"}, w_->call), Code::not_found);
  const NamespaceId other = w_->make_namespace("other");
  EXPECT_EQ(code({"default/m:1", "default/m:1"}, w_->somebody(access::Role::READER, other)), Code::not_found);
}

TEST(Dependencies, are_read_from_what_people_write) {
  Facts facts;
  add_dependencies(facts, "conda.yaml",
                   "name: x\ndependencies:\n- python=3.11\n- pip\n- pip:\n  - scikit_learn==1.4\n  - 'a[b]~=1 ; x'\n");
  EXPECT_EQ(facts["dependencies"]["python"], R"("=3.11")");
  EXPECT_EQ(facts["dependencies"]["scikit-learn"], R"("==1.4")");
  EXPECT_EQ(facts["dependencies"]["a"], R"("[b]~=1 ; x")");
  EXPECT_EQ(facts["dependencies"]["pip"], R"("")");
  Facts none;
  for (const char* wrong : {"[", "- a: &x [*x]", "", "dependencies: 5", "dependencies: {a: b}"})
    add_dependencies(none, "conda.yaml", wrong);
  add_dependencies(none, "requirements.txt", std::string("\xff\xfe==1\n\0==2\n--index-url x\n", 26));
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace souk::registry
