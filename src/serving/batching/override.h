// SPDX-License-Identifier: Apache-2.0
//
// What a deployment says of batching in place of what its version declares; it holds for requests from then on, without
// loading anything again.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "serving/batching/batching.h"

namespace souk::serving {

// Named as in souk.yaml; what is absent is the version's.
struct BatchingOverride {
  std::optional<std::int64_t> max_batch_size;
  std::optional<std::vector<std::int64_t>> preferred_batch_size;
  std::optional<std::int64_t> max_queue_delay_microseconds, max_queue_size, queue_timeout_microseconds;
  std::optional<std::int64_t> priority_levels, default_priority_level;
};
BOOST_DESCRIBE_STRUCT(BatchingOverride, (),
                      (max_batch_size, preferred_batch_size, max_queue_delay_microseconds, max_queue_size,
                       queue_timeout_microseconds, priority_levels, default_priority_level))

struct BatchingPatch {
  json::Patch<std::int64_t> max_batch_size;
  json::Patch<std::vector<std::int64_t>> preferred_batch_size;
  json::Patch<std::int64_t> max_queue_delay_microseconds, max_queue_size, queue_timeout_microseconds;
  json::Patch<std::int64_t> priority_levels, default_priority_level;
};
BOOST_DESCRIBE_STRUCT(BatchingPatch, (),
                      (max_batch_size, preferred_batch_size, max_queue_delay_microseconds, max_queue_size,
                       queue_timeout_microseconds, priority_levels, default_priority_level))

// A column's text: "{}" is nothing said.
BatchingOverride override_of(const json::Raw& text);
// The column's text once the patch is applied.
json::Raw patched(const json::Raw& text, const BatchingPatch& patch);
// The version's batching with what the deployment says. Errors: those of batching_of
Result<Batching> overridden(Batching declared, const BatchingOverride& said, const registry::Signature& signature);

}  // namespace souk::serving
