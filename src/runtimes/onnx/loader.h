// SPDX-License-Identifier: Apache-2.0
//
// ONNX models by ONNX Runtime, in this process. One environment with one thread pool for all sessions, begun at
// the first load; idle threads sleep. A model is loaded from mapped bytes, so that no path of this machine is
// in it or in a message; weights in other files are taken from the version's files and from nowhere else.
// Thread-safe. Runtimes outlive the loader safely.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/blocks.h"
#include "base/log.h"
#include "base/settings.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

struct OnnxSettings {
  std::int64_t threads = 0;  // of the one pool; 0: one a core
};
void declare(settings::Table& table, OnnxSettings& s);

std::string onnx_version();  // of the library that is loaded: "1.28.0"

class OnnxLoader final : public Loader {
 public:
  // `blocks`: where tensors of runs lie; none: its own.
  OnnxLoader(OnnxSettings settings, Logger& log, std::shared_ptr<Blocks> blocks = nullptr);
  ~OnnxLoader() override;

  std::string_view name() const override { return "onnx"; }
  std::string_view platform() const override { return "onnx_onnxv1"; }
  Choice find_model(std::span<const registry::VersionFile> files) const override;
  Result<std::shared_ptr<Runtime>> load(std::span<const registry::VersionFile> files, Concurrency wanted) override;
  using Loader::load;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::runtimes
