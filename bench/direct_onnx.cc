// SPDX-License-Identifier: Apache-2.0
//
// Yardstick: one ONNX Runtime session called directly, one request at a time, on one thread.
// usage: direct_onnx MODEL.onnx COUNT [ROWS]; prints {"p50_us": …, "p99_us": …}
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  const std::int64_t rows = argc == 4 ? std::strtoll(argv[3], nullptr, 10) : 1;
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR);
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  Ort::Session session(env, argv[1], options);

  Ort::AllocatorWithDefaultOptions allocator;
  auto input_name = session.GetInputNameAllocated(0, allocator);
  std::vector<std::int64_t> shape = session.GetInputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape();
  std::size_t elements = 1;
  for (std::int64_t& dimension : shape) {
    if (dimension < 0) dimension = rows;
    elements *= static_cast<std::size_t>(dimension);
  }
  std::vector<std::string> output_names;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i)
    output_names.emplace_back(session.GetOutputNameAllocated(i, allocator).get());
  std::vector<const char*> outputs;
  for (const std::string& name : output_names) outputs.push_back(name.c_str());
  const char* inputs[] = {input_name.get()};

  std::vector<float> pixels(elements, 0.5f);
  Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::vector<double> taken(std::strtoul(argv[2], nullptr, 10));
  for (double& one : taken) {
    auto begin = std::chrono::steady_clock::now();
    Ort::Value input =
        Ort::Value::CreateTensor<float>(memory, pixels.data(), pixels.size(), shape.data(), shape.size());
    auto results = session.Run(Ort::RunOptions{nullptr}, inputs, &input, 1, outputs.data(), outputs.size());
    one = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  }
  std::ranges::sort(taken);
  std::printf("{\"p50_us\": %.2f, \"p99_us\": %.2f}\n", taken[taken.size() / 2], taken[taken.size() * 99 / 100]);
}
