// SPDX-License-Identifier: Apache-2.0
//
// Typed AI tasks over tensors: a version's souk.yaml says how a task's input becomes tensors and how tensors
// become its output (docs/reference/version-file.md). Pure functions; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/signature.h"
#include "runtimes/runtime.h"

namespace souk::tasks {

inline constexpr std::string_view kKnownTasks = "CLASSIFICATION";

// Tensors made from a batch of task inputs; owns their bytes.
struct Prepared {
  std::vector<runtimes::Tensor> inputs;
  std::vector<std::string> outputs;  // the ones asked for
};

class Task {
 public:
  virtual ~Task() = default;
  virtual std::string_view name() const = 0;  // "CLASSIFICATION"
  // How many inputs one `prepare` takes; 0: any number.
  virtual std::size_t max_batch() const = 0;
  // `inputs`: the `data` object of each task input, as JSON. Errors: invalid_argument with `field`
  // ("task_inputs[0].data.image-base64"). `first` is the place of inputs[0] in the request.
  virtual Result<Prepared> prepare(const std::vector<json::Raw>& inputs, std::size_t first = 0) const = 0;
  // The names of the classes that this output scores, in order; empty: they have none.
  virtual std::span<const std::string> labels(std::string_view output) const = 0;
  // One `data` object for each input.
  virtual Result<std::vector<json::Raw>> finish(std::span<const runtimes::Tensor> outputs, std::size_t count) const = 0;
};

// Reads the declaration against the signature; at seal and at load. `read_file` gives a file of the version
// (labels). Null when no task is declared. Errors: invalid_argument (says which key and what is allowed)
using ReadFile = std::function<Result<std::string>(const std::string& path)>;
Result<std::shared_ptr<const Task>> make_task(const json::Raw& declaration, const registry::Signature& signature,
                                              const ReadFile& read_file);

}  // namespace souk::tasks
