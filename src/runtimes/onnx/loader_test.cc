// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/loader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "runtimes/datatype.h"

namespace souk::runtimes {
namespace {

const std::string kData = std::string(SOUK_SOURCE_DIR) + "/src/runtimes/testdata/";

std::vector<registry::VersionFile> files(std::initializer_list<const char*> names) {
  std::vector<registry::VersionFile> all;
  for (const char* name : names) all.push_back({name, kData + name});
  return all;
}

class OnnxTest : public testing::Test {
 protected:
  Logger log{Logger::Level::off};
  OnnxLoader loader{OnnxSettings{.threads = 2}, log};

  std::shared_ptr<Runtime> load(std::initializer_list<const char*> names) {
    auto runtime = loader.load(files(names));
    EXPECT_TRUE(runtime) << runtime.error().describe();
    return runtime ? *runtime : nullptr;
  }
  Error load_error(const std::vector<registry::VersionFile>& of) {
    auto runtime = loader.load(of);
    EXPECT_FALSE(runtime);
    return runtime ? internal("loaded") : runtime.error();
  }
  std::string write_temporary(std::string_view bytes) {
    std::string path = testing::TempDir() + "onnx_loader_test_" + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
};

InferResult infer(Runtime& runtime, const InferRequest& request, Deadline deadline = kNoDeadline) {
  InferResult result = internal("no completion");
  int completions = 0;
  runtime.infer(request, deadline, [&](InferResult r) {
    result = std::move(r);
    ++completions;
  });
  EXPECT_EQ(completions, 1);
  return result;
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}
template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST_F(OnnxTest, PassesEveryDatatypeThrough) {
  auto runtime = load({"all_types.onnx"});
  ASSERT_EQ(runtime->signature().inputs.size(), kDatatypeNames.size());
  std::vector<std::vector<std::byte>> buffers(kDatatypeNames.size());
  InferRequest request;
  std::string with_nul("a\0b", 3);
  for (std::size_t i = 0; i < kDatatypeNames.size(); ++i) {
    const auto& spec = runtime->signature().inputs[i];
    EXPECT_EQ(spec.datatype, static_cast<Datatype>(i));
    EXPECT_EQ(spec.shape, (std::vector<std::int64_t>{-1, -1}));
    TensorView view{spec.name, spec.datatype, {2, 3}, {}, {}};
    for (std::size_t b = 0; b < 6 * element_size(spec.datatype); ++b) {
      buffers[i].push_back(static_cast<std::byte>(spec.datatype == Datatype::BOOL ? b % 2 : b * 7 + i));
    }
    view.data = buffers[i];
    if (spec.datatype == Datatype::BYTES)
      view.strings = {"", with_nul, "ü", "long enough to leave the small buffer", "x", ""};
    request.inputs.push_back(view);
  }
  ASSERT_TRUE(check_request(runtime->signature(), request));
  auto result = infer(*runtime, request);
  ASSERT_TRUE(result) << result.error().describe();
  ASSERT_TRUE(check_response(runtime->signature(), request, *result));
  for (std::size_t i = 0; i < kDatatypeNames.size(); ++i) {
    const Tensor& output = (*result)[i];
    EXPECT_EQ(output.name, "y_" + std::string(kDatatypeNames[i]));
    EXPECT_EQ(output.shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_TRUE(std::ranges::equal(output.data, buffers[i])) << output.name;
  }
  const auto& strings = request.inputs.back().strings;
  EXPECT_EQ(result->back().strings, std::vector<std::string>(strings.begin(), strings.end()));
}

TEST_F(OnnxTest, TakesScalarsAndEmptyTensors) {
  auto runtime = load({"shapes.onnx"});
  std::vector<float> x{1, 2, 3, 4, 5, 6}, s{21};
  InferRequest request{{{"x", Datatype::FP32, {3, 2}, bytes_of(x), {}}, {"s", Datatype::FP32, {}, bytes_of(s), {}}},
                       {}};
  auto result = infer(*runtime, request);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_TRUE((*result)[0].shape.empty());
  EXPECT_EQ(values_of<float>((*result)[0]), std::vector<float>{21});
  EXPECT_EQ(values_of<float>((*result)[1]), std::vector<float>{42});

  request.inputs[0].shape = {0, 5};
  request.inputs[0].data = {};
  result = infer(*runtime, request);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(values_of<float>((*result)[0]), std::vector<float>{0});

  auto identity = load({"identity_bytes.onnx"});
  result = infer(*identity, {{{"x", Datatype::BYTES, {0}, {}, {}}}, {}});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ((*result)[0].shape, std::vector<std::int64_t>{0});
}

TEST_F(OnnxTest, CopiesWhatIsNotAligned) {
  auto runtime = load({"simple.onnx"});
  std::vector<std::int32_t> a(16, 40), b(16, 2);
  std::vector<std::byte> shifted(65);
  std::memcpy(shifted.data() + 1, a.data(), 64);
  InferRequest request{{{"INPUT1", Datatype::INT32, {1, 16}, bytes_of(b), {}},
                        {"INPUT0", Datatype::INT32, {1, 16}, std::span(shifted).subspan(1), {}}},
                       {"OUTPUT1", "OUTPUT0"}};
  auto result = infer(*runtime, request);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ((*result)[0].name, "OUTPUT1");
  EXPECT_EQ(values_of<std::int32_t>((*result)[0]), std::vector<std::int32_t>(16, 38));
  EXPECT_EQ(values_of<std::int32_t>((*result)[1]), std::vector<std::int32_t>(16, 42));
}

TEST_F(OnnxTest, GivesOnlyTheOutputsAskedFor) {
  auto runtime = load({"simple.onnx"});
  std::vector<std::int32_t> a(16, 1);
  auto result = infer(*runtime, {{{"INPUT0", Datatype::INT32, {1, 16}, bytes_of(a), {}},
                                  {"INPUT1", Datatype::INT32, {1, 16}, bytes_of(a), {}}},
                                 {"OUTPUT1"}});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->size(), 1u);
  EXPECT_EQ((*result)[0].name, "OUTPUT1");
}

TEST_F(OnnxTest, OutputsOutliveTheirRuntime) {
  std::vector<float> pixels(64 * 3, 0.5F);
  InferResult result = internal("");
  {
    Logger quiet(Logger::Level::off);
    auto own = std::make_unique<OnnxLoader>(OnnxSettings{}, quiet);
    auto runtime = own->load(files({"mlp.onnx"}));
    ASSERT_TRUE(runtime);
    own.reset();
    result = infer(**runtime, {{{"pixels", Datatype::FP32, {3, 64}, bytes_of(pixels), {}}}, {}});
  }
  ASSERT_TRUE(result) << result.error().describe();
  auto scores = values_of<float>((*result)[0]);
  ASSERT_EQ(scores.size(), 30u);
  float sum = 0;
  for (int i = 0; i < 10; ++i) sum += scores[i];
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST_F(OnnxTest, SaysWhyAnInputWasNotAccepted) {
  auto runtime = load({"fails_at_run.onnx"});
  std::vector<float> seven(7);
  auto result = infer(*runtime, {{{"x", Datatype::FP32, {7}, bytes_of(seven), {}}}, {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::invalid_argument);
  EXPECT_EQ(result.error().message,
            "node Reshape: The input tensor cannot be reshaped to the requested shape. Input shape:{7}, requested "
            "shape:{2,3}");
}

TEST_F(OnnxTest, TakesOneBatchOnly) {
  auto runtime = load({"two_batches.onnx"});
  std::vector<float> x(4);
  auto with = [&](std::int64_t a, std::int64_t b) {
    return infer(*runtime, {{{"a", Datatype::FP32, {a, 2}, std::as_bytes(std::span(x).first(2 * a)), {}},
                             {"b", Datatype::FP32, {b, 2}, std::as_bytes(std::span(x).first(2 * b)), {}}},
                            {}});
  };
  EXPECT_TRUE(with(1, 1));
  EXPECT_TRUE(with(2, 2));
  auto result = with(1, 2);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "input \"b\" has a batch of 2, but input \"a\" one of 1");
  EXPECT_EQ(result.error().field, "inputs[1].shape");
}

TEST_F(OnnxTest, DropsWorkWhoseDeadlinePassed) {
  auto runtime = load({"mlp.onnx"});
  auto result = infer(*runtime, {}, std::chrono::steady_clock::now());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::deadline_exceeded);
}

TEST_F(OnnxTest, ReadsWeightsOfTheVersionsFilesOnly) {
  auto runtime = load({"weights.bin", "external.onnx"});
  std::vector<float> x{10, 20, 30, 40};
  auto result = infer(*runtime, {{{"x", Datatype::FP32, {4}, bytes_of(x), {}}}, {}});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(values_of<float>((*result)[0]), (std::vector<float>{11, 22, 33, 44}));

  // weights.bin lies beside the model's bytes on this machine, but is no file of the version.
  Error error = load_error(files({"external.onnx"}));
  EXPECT_EQ(error.code, Code::invalid_argument);
  EXPECT_EQ(error.message, "external.onnx: its weights lie in \"weights.bin\", which is not among the version's files");

  EXPECT_EQ(load_error(files({"external_escapes.onnx", "weights.bin"})).message,
            "external_escapes.onnx: it takes weights from outside the version's folder");
  EXPECT_EQ(load_error(files({"external_absolute.onnx"})).message,
            "external_absolute.onnx: it takes weights from outside the version's folder");
  for (const char* nested : {"external_nested.onnx", "external_escapes_nested.onnx"}) {
    EXPECT_NE(load_error(files({nested, "weights.bin"})).message.find("not an initializer of the main graph"),
              std::string::npos);
  }
}

TEST_F(OnnxTest, WeightsInFilesAreUsedWhereTheyLie) {
  const std::vector<float> weights{1, 2, 3, 4}, others{5, 5, 5, 5}, x{10, 20, 30, 40};
  const auto text = [](const std::vector<float>& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  const std::string path = write_temporary(text(weights));
  auto runtime = loader.load({{{"external.onnx", kData + "external.onnx"}, {"weights.bin", path}}});
  ASSERT_TRUE(runtime) << runtime.error().describe();
  // Nothing of the kind ever happens to a version's files; it shows that there is no copy.
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << text(others);
  auto result = infer(**runtime, {{{"x", Datatype::FP32, {4}, bytes_of(x), {}}}, {}});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(values_of<float>((*result)[0]), (std::vector<float>{15, 25, 35, 45}));
}

TEST_F(OnnxTest, AWeightBeyondItsFileIsAnError) {
  for (std::size_t size : {0, 8, 15}) {
    const std::string path = write_temporary(std::string(size, 'x'));
    const Error error = load_error({{"external.onnx", kData + "external.onnx"}, {"weights.bin", path}});
    EXPECT_EQ(error.code, Code::invalid_argument) << size << error.describe();
  }
}

TEST_F(OnnxTest, RunsOnAsManySessionsAndThreadsAsAskedFor) {
  for (const Concurrency wanted : {Concurrency{1, 1}, Concurrency{3, 2}, Concurrency{2, 3}}) {
    auto runtime = loader.load(files({"mlp.onnx"}), wanted);
    ASSERT_TRUE(runtime) << runtime.error().describe();
    EXPECT_EQ((*runtime)->concurrency().sessions, wanted.sessions);
    EXPECT_EQ((*runtime)->concurrency().threads, wanted.threads);
    const std::vector<float> pixels(64, 0.5F);
    const InferRequest request{{{"pixels", Datatype::FP32, {1, 64}, bytes_of(pixels), {}}}, {}};
    const auto expected = values_of<float>(infer(**runtime, request).value().at(0));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(values_of<float>(infer(**runtime, request).value().at(0)), expected);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  auto usual = loader.load(files({"mlp.onnx"}));
  EXPECT_EQ((*usual)->concurrency().sessions, 1);
  EXPECT_EQ((*usual)->concurrency().threads, 1) << "it is small";
}

TEST_F(OnnxTest, TensorsOfRunsLieInBlocks) {
  auto blocks = std::make_shared<Blocks>();
  OnnxLoader own{OnnxSettings{.threads = 1}, log, blocks};
  auto runtime = own.load(files({"mlp.onnx"}));
  ASSERT_TRUE(runtime);
  const std::vector<float> pixels(64 * 20'000, 0.5F);
  auto result = infer(**runtime, {{{"pixels", Datatype::FP32, {20'000, 64}, bytes_of(pixels), {}}}, {}});
  ASSERT_TRUE(result) << result.error().describe();
  const std::size_t size = result->at(0).data.size();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(result->at(0).data.data()) % 64, 0u);
  EXPECT_GT(size, Blocks::kLarge);
  const std::size_t kept = blocks->kept();
  result = internal("let go");
  EXPECT_GE(blocks->kept(), std::min(kept, size));
  EXPECT_GE(blocks->kept(), size);
}

TEST_F(OnnxTest, FindsWeightsBesideTheModel) {
  std::vector<registry::VersionFile> in_folder{{"net/model_v3.onnx", kData + "external.onnx"},
                                               {"net/weights.bin", kData + "weights.bin"},
                                               {"weights.bin", kData + "mlp.onnx"}};
  EXPECT_TRUE(loader.load(in_folder));
}

TEST_F(OnnxTest, RefusesWhatIsNoModel) {
  for (std::string_view bytes : {std::string_view("hello, I am not a model"), std::string_view("\0\0\0\0", 4),
                                 std::string_view("\x08\x08", 2), std::string_view("\x3a\xff\xff\xff\xff\x7f", 6)}) {
    Error error = load_error({{"net.onnx", write_temporary(bytes)}});
    EXPECT_EQ(error.code, Code::invalid_argument) << error.describe();
    EXPECT_TRUE(error.message.starts_with("net.onnx: ")) << error.message;
    EXPECT_EQ(error.message.find(testing::TempDir()), std::string::npos) << error.message;
  }
  EXPECT_EQ(load_error({{"net.onnx", write_temporary("")}}).message, "net.onnx: the file is empty");
  EXPECT_EQ(load_error({{"net.onnx", "/nonexistent"}}).code, Code::not_found);
}

TEST_F(OnnxTest, SurvivesATruncatedModel) {
  std::ifstream in(kData + "all_types.onnx", std::ios::binary);
  std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    std::vector<registry::VersionFile> cut{{"net.onnx", write_temporary(whole.substr(0, size))}};
    auto runtime = loader.load(cut);
    EXPECT_TRUE(runtime || runtime.error().code == Code::invalid_argument) << size;
  }
}

TEST_F(OnnxTest, SaysWhatItLacks) {
  Error error = load_error(files({"sequence.onnx"}));
  EXPECT_EQ(error.code, Code::unimplemented);
  EXPECT_EQ(error.message, "sequence.onnx: input \"xs\" is a sequence, map or optional; only tensors can be served");
}

TEST_F(OnnxTest, ChoosesTheModel) {
  EXPECT_EQ(loader.find_model(files({"weights.bin"})).model, std::nullopt);
  EXPECT_EQ(loader.find_model(files({"weights.bin"})).problem, "");
  EXPECT_EQ(loader.find_model(files({"weights.bin", "mlp.onnx"})).model, 1u);
  Choice choice = loader.find_model(files({"mlp.onnx", "simple.onnx"}));
  EXPECT_EQ(choice.model, std::nullopt);
  EXPECT_NE(choice.problem.find("name the one to serve model.onnx"), std::string::npos);
  std::vector<registry::VersionFile> both{{"a.onnx", ""}, {"model.onnx", ""}};
  EXPECT_EQ(loader.find_model(both).model, 1u);
}

TEST_F(OnnxTest, RunsRequestsSideBySide) {
  auto runtime = load({"mlp.onnx"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<float> pixels(64, static_cast<float>(t));
      std::vector<float> first;
      for (int i = 0; i < 300; ++i) {
        auto result = infer(*runtime, {{{"pixels", Datatype::FP32, {1, 64}, bytes_of(pixels), {}}}, {}});
        ASSERT_TRUE(result);
        auto scores = values_of<float>((*result)[0]);
        if (i == 0) first = scores;
        ASSERT_EQ(scores, first);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace souk::runtimes
