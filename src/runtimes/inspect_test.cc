// SPDX-License-Identifier: Apache-2.0
#include "runtimes/inspect.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "runtimes/onnx/loader.h"

namespace souk::runtimes {
namespace {

const std::string kData = std::string(SOUK_SOURCE_DIR) + "/src/runtimes/testdata/";

class InspectTest : public testing::Test {
 protected:
  Logger log{Logger::Level::off};
  OnnxLoader onnx{OnnxSettings{}, log};
  std::vector<Loader*> loaders{&onnx};
  CheckDeclaration check = [](const json::Raw& declaration, const Signature& signature,
                              const ReadFile& read_file) -> Result<std::string> {
    if (declaration.text.find("BAD") != std::string::npos) return invalid_argument("task: BAD is not a task");
    SOUK_TRY(read_file("labels.txt"));
    EXPECT_FALSE(signature.inputs.empty());
    return "CLASSIFICATION";
  };

  registry::VersionFile text(const std::string& path, std::string_view content) {
    std::string local = testing::TempDir() + "inspect_test_" + std::to_string(::getpid()) + "_" + path;
    std::ofstream(local, std::ios::binary) << content;
    return {path, local};
  }
};

TEST_F(InspectTest, ReadsSignatureAndDeclaration) {
  auto inspection = inspect_files(
      loaders, check,
      {{"model.onnx", kData + "mlp.onnx"}, text("souk.yaml", "task: CLASSIFICATION\n"), text("labels.txt", "a\n")});
  ASSERT_TRUE(inspection) << inspection.error().describe();
  EXPECT_EQ(inspection->format, "onnx");
  EXPECT_EQ(inspection->runtime, "onnx");
  EXPECT_EQ(inspection->missing, "");
  EXPECT_EQ(inspection->signature->inputs[0].name, "pixels");
  EXPECT_EQ(inspection->signature->task, "CLASSIFICATION");
  EXPECT_EQ(inspection->declaration->text, R"({"task":"CLASSIFICATION"})");
}

TEST_F(InspectTest, TakesFilesThatNoRuntimeRuns) {
  auto inspection =
      inspect_files(loaders, check, {text("a.bin", "x"), text("b.bin", "x"), text("c", ""), text("d", "")});
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->format, "");
  EXPECT_EQ(inspection->runtime, "");
  EXPECT_EQ(inspection->missing, "no runtime runs these files (a.bin, b.bin, c and 1 more): souk runs .onnx");
  inspection = inspect_files(loaders, check, {{"sequence.onnx", kData + "sequence.onnx"}});
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->format, "onnx");
  EXPECT_EQ(inspection->runtime, "");
  EXPECT_NE(inspection->missing.find("only tensors can be served"), std::string::npos);
  inspection = inspect_files(loaders, check, {{"a.onnx", kData + "mlp.onnx"}, {"b.onnx", kData + "mlp.onnx"}});
  ASSERT_TRUE(inspection);
  EXPECT_NE(inspection->missing.find("name the one to serve model.onnx"), std::string::npos);
}

TEST_F(InspectTest, RefusesABrokenModelOrDeclaration) {
  auto expect = [&](const std::vector<registry::VersionFile>& files, std::string_view words) {
    auto inspection = inspect_files(loaders, check, files);
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, Code::invalid_argument);
    EXPECT_TRUE(inspection.error().message.starts_with(words)) << inspection.error().message;
  };
  registry::VersionFile model{"model.onnx", kData + "mlp.onnx"};
  expect({text("model.onnx", "not a model")}, "model.onnx: ");
  expect({model, text("souk.yaml", "task: [\n")}, "souk.yaml: ");
  expect({model, text("souk.yaml", "task: BAD\n")}, "souk.yaml: task: BAD is not a task");
}

// Takes any file, and says how much memory it then holds.
class HungryLoader : public Loader {
 public:
  explicit HungryLoader(std::uint64_t bytes) : bytes_(bytes) {}
  std::string_view name() const override { return "hungry"; }
  std::string_view platform() const override { return "hungry"; }
  Choice find_model(std::span<const registry::VersionFile>) const override { return {0, ""}; }
  using Loader::load;
  Result<std::shared_ptr<Runtime>> load(std::span<const registry::VersionFile>, Concurrency) override {
    return std::shared_ptr<Runtime>(std::make_shared<Hungry>(bytes_));
  }

 private:
  struct Hungry : Runtime {
    explicit Hungry(std::uint64_t bytes) : bytes(bytes) {}
    const Signature& signature() const override { return none; }
    void infer(const InferRequest&, Deadline, Completion) override {}
    MemoryUse memory() const override { return {bytes}; }
    std::uint64_t bytes;
    Signature none;
  };
  std::uint64_t bytes_;
};

TEST_F(InspectTest, RefusesAModelThatUnfolds) {
  std::vector<registry::VersionFile> files{text("small.onnx", "x"), text("large.bin", std::string(10 << 20, 'x'))};
  HungryLoader modest(300 << 20), greedy(400 << 20);
  std::vector<Loader*> taken{&modest}, refused{&greedy};
  EXPECT_TRUE(inspect_files(taken, check, files));
  auto inspection = inspect_files(refused, check, files);
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, Code::invalid_argument);
  EXPECT_EQ(inspection.error().message,
            "the model (small.onnx, large.bin) takes 400 MiB of memory once loaded, out of files of 10240 KiB; it is "
            "refused");
}

TEST_F(InspectTest, AnswersOnItsStreams) {
  std::istringstream in(R"({"files":[{"path":"m.onnx","local_path":")" + kData + R"(mlp.onnx"}]})");
  std::ostringstream out;
  EXPECT_EQ(inspect_main(loaders, check, in, out), 0);
  EXPECT_TRUE(out.str().starts_with(R"({"inspection":{"format":"onnx","runtime":"onnx")")) << out.str();
  std::istringstream bad(R"({"files":[{"path":"m.onnx","local_path":"/nonexistent"}]})");
  std::ostringstream error;
  EXPECT_EQ(inspect_main(loaders, check, bad, error), 0);
  EXPECT_EQ(error.str(),
            "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"m.onnx cannot be opened: No such file or "
            "directory\",\"field\":\"\"}}\n");
  std::istringstream garbage("{");
  EXPECT_EQ(inspect_main(loaders, check, garbage, error), 2);
}

// Run by the test below, in a child.
TEST(Crash, DISABLED_ByASignal) {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit code of it
  std::abort();
}

TEST_F(InspectTest, TakesTheChildsAnswer) {
  auto child = [&](const std::string& script, executors::ChildLimits limits = {}) {
    return ChildInspector(limits, {"/bin/sh", "-c", script}).inspect({{"m.onnx", "/x"}});
  };
  auto good = child(R"(read question; echo '{"inspection":{"format":"onnx","runtime":"onnx","missing":""}}')");
  ASSERT_TRUE(good) << good.error().describe();
  EXPECT_EQ(good->runtime, "onnx");
  auto refused = child(R"(echo '{"error":{"code":"INVALID_ARGUMENT","message":"m.onnx: broken","field":""}}')");
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_EQ(refused.error().message, "m.onnx: broken");
  auto crash = ChildInspector({}, {"/proc/self/exe", "--gtest_filter=Crash.*", "--gtest_also_run_disabled_tests"})
                   .inspect({{"m.onnx", "/x"}});
  EXPECT_EQ(crash.error().code, Code::invalid_argument);
  EXPECT_NE(crash.error().message.find("m.onnx) makes its loader crash (signal "), std::string::npos)
      << crash.error().message;
  executors::ChildLimits short_limits;
  short_limits.wall_time = std::chrono::milliseconds(100);
  auto hang = child("while :; do :; done", short_limits);
  EXPECT_EQ(hang.error().code, Code::invalid_argument);
  EXPECT_NE(hang.error().message.find("did not finish loading"), std::string::npos);
  EXPECT_EQ(child("exit 3").error().code, Code::unavailable);
  EXPECT_EQ(child("echo nonsense").error().code, Code::unavailable);
}

}  // namespace
}  // namespace souk::runtimes
