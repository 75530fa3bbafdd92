// SPDX-License-Identifier: Apache-2.0
//
// What runs a version. A Runtime is one loaded revision: immutable, thread-safe, gone when its last holder is.
// Tensors are views: whoever asks keeps the bytes alive until the completion was called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "registry/inspector.h"
#include "registry/signature.h"

namespace souk::runtimes {

using registry::Datatype;
using registry::Signature;

// Row-major, no padding. BYTES tensors hold their elements in `strings` instead of `data`.
struct TensorView {
  std::string_view name;
  Datatype datatype = Datatype::FP32;
  std::vector<std::int64_t> shape;  // no negative dimension
  std::span<const std::byte> data;  // aligned to the element's size, else copied once
  std::vector<std::string_view> strings;
};

// An output: its bytes live as long as `owner`.
struct Tensor {
  std::string name;
  Datatype datatype = Datatype::FP32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
  std::vector<std::string> strings;
  std::shared_ptr<const void> owner;
};

struct InferRequest {
  std::vector<TensorView> inputs;
  std::vector<std::string_view> outputs;  // empty: all, in the signature's order
};

using InferResult = Result<std::vector<Tensor>>;
using Completion = std::function<void(InferResult)>;

struct MemoryUse {
  std::uint64_t bytes = 0;  // measured: what loading added to the process
};

// How a runtime uses the cores. 0: not said.
struct Concurrency {
  std::int64_t sessions = 0;  // copies of the model, over which requests that run at the same time spread
  std::int64_t threads = 0;   // that one run takes
};
BOOST_DESCRIBE_STRUCT(Concurrency, (), (sessions, threads))

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual const Signature& signature() const = 0;
  // Exactly one completion, on the caller's thread or on one of the runtime's. The request was checked against
  // the signature (check_request). Errors: invalid_argument, deadline_exceeded (not begun in time), internal
  virtual void infer(const InferRequest& request, Deadline deadline, Completion done) = 0;
  virtual MemoryUse memory() const = 0;
  virtual Concurrency concurrency() const { return {1, 1}; }
};

// Checks names, datatypes, shapes, byte counts and declared ranges against a signature, and that an answer has what was
// asked for, in that order. Errors: invalid_argument, `field` set, naming the tensor, what was expected and what came
Status check_request(const Signature& signature, const InferRequest& request);
Status check_response(const Signature& signature, const InferRequest& request, std::span<const Tensor> outputs);

// Which of a version's files is the model.
struct Choice {
  std::optional<std::size_t> model;  // none: not this runtime's
  std::string problem;               // why none, when files look like this runtime's; in words for the user
};

// Loads what it can run. One a process; thread-safe.
class Loader {
 public:
  virtual ~Loader() = default;
  virtual std::string_view name() const = 0;      // "onnx"
  virtual std::string_view platform() const = 0;  // OIP's platform: "onnx_onnxv1"
  virtual Choice find_model(std::span<const registry::VersionFile> files) const = 0;
  // Errors: invalid_argument (a broken model, with the library's reason), unimplemented (sound, but this runtime
  // lacks something it needs: what), resource_exhausted, unavailable
  virtual Result<std::shared_ptr<Runtime>> load(std::span<const registry::VersionFile> files, Concurrency wanted) = 0;
  Result<std::shared_ptr<Runtime>> load(std::span<const registry::VersionFile> files) { return load(files, {}); }
};

}  // namespace souk::runtimes
