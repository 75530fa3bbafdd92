// SPDX-License-Identifier: Apache-2.0
//
// The C API of ONNX Runtime as souk uses it: owners for its handles, its statuses as Errors, the environment.
#pragma once

#include <memory>
#include <string>

#include <onnxruntime_c_api.h>

#include "base/log.h"
#include "base/result.h"
#include "runtimes/onnx/allocator.h"

namespace souk::runtimes {

// The function table. The library is linked, but nothing of it runs before the first call.
const OrtApi& ort();

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const {
    (ort().*Release)(handle);
  }
};
template <class T, auto Release>
using Owner = std::unique_ptr<T, Releaser<Release>>;

using StatusOwner = Owner<OrtStatus, &OrtApi::ReleaseStatus>;
using EnvOwner = Owner<OrtEnv, &OrtApi::ReleaseEnv>;
using SessionOwner = Owner<OrtSession, &OrtApi::ReleaseSession>;
using SessionOptionsOwner = Owner<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>;
using PrepackedOwner = Owner<OrtPrepackedWeightsContainer, &OrtApi::ReleasePrepackedWeightsContainer>;
using ThreadingOptionsOwner = Owner<OrtThreadingOptions, &OrtApi::ReleaseThreadingOptions>;
using MemoryInfoOwner = Owner<OrtMemoryInfo, &OrtApi::ReleaseMemoryInfo>;
using ValueOwner = Owner<OrtValue, &OrtApi::ReleaseValue>;
using TypeInfoOwner = Owner<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>;
using TensorInfoOwner = Owner<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>;

// An OrtStatus (taken) as a Status: what it says cleaned of paths and function names.
Status check(OrtStatus* status);

// Everything that sessions share. Kept by each of them.
struct Environment {
  Environment() = default;
  ~Environment();
  Environment(const Environment&) = delete;

  const Logger* log = nullptr;
  MemoryInfoOwner cpu;  // where callers' tensors lie
  std::shared_ptr<Blocks> blocks;
  std::unique_ptr<Allocator> allocator;
  EnvOwner env;              // the first to go
  std::int64_t threads = 1;  // of the one pool, the caller's included

  // `threads`: 0 is one for each core that this process may use. Errors: unavailable (the library cannot start, with
  // why)
  static Result<std::shared_ptr<const Environment>> start(std::int64_t threads, std::shared_ptr<Blocks> blocks,
                                                          Logger& log);
};

}  // namespace souk::runtimes
