// SPDX-License-Identifier: Apache-2.0
//
// The classification extension: instead of a tensor of scores, the best classes as texts "SCORE:INDEX" or
// "SCORE:INDEX:LABEL", best first, of equal scores the first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/oip/request.h"
#include "runtimes/runtime.h"
#include "serving/serving.h"
#include "tasks/task_cache.h"

namespace souk::api::oip {

// Shape: [n, k] of BYTES for scores whose spec has a dynamic first dimension of n, else [k]; k is `most`, or the number
// of classes when that is smaller. Errors: invalid_argument (no numbers to compare)
Result<runtimes::Tensor> classify(const runtimes::Tensor& scores, const registry::TensorSpec& spec, std::uint64_t most,
                                  std::span<const std::string> labels);

// Classifies those outputs that `asked` wants so; labels are those that the version declares for its task.
Status classify_outputs(const InferBody& asked, const serving::Pinned& pinned, tasks::TaskCache& tasks,
                        std::vector<runtimes::Tensor>& outputs);

}  // namespace souk::api::oip
