// SPDX-License-Identifier: Apache-2.0
//
// How requests of one revision are joined: declared in the version's souk.yaml under `batching`
// (docs/reference/version-file.md), because only who made a model knows that its first dimension is a batch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/signature.h"

namespace souk::serving {

struct Batching {
  std::int64_t max_batch_size = 1;                      // rows of a batch; 1: requests are not joined
  std::vector<std::int64_t> preferred_batch_size = {};  // the sizes at which the model is quick
  std::int64_t max_queue_delay_microseconds = 0;        // for more to come, while another batch runs
  std::optional<std::int64_t> max_queue_size = {};      // requests that wait; none: serving.queue_limit
  std::int64_t queue_timeout_microseconds = 0;          // of a request that waits; 0: only its own deadline
  std::int64_t priority_levels = 0;                     // 1 is the most urgent; 0: requests have no priority
  std::int64_t default_priority_level = 0;              // of a request that names none; 0: the middle one

  // So many rows make a batch that need not wait for more.
  std::int64_t worth_running() const;
  // How many rows the next batch is to have, of so many that wait.
  std::int64_t next_size(std::int64_t waiting_rows) const;
  // The level of a request that asks for `wanted` (0: for none).
  std::int64_t level_of(std::uint64_t wanted) const;
};

// Errors: invalid_argument (out of bounds; a tensor of the model has no dynamic first dimension), with `field`
Status check(const Batching& batching, const registry::Signature& signature);
// Errors: invalid_argument (`batching` is not as documented, or a tensor of the model has no dynamic first dimension)
Result<Batching> batching_of(const std::optional<json::Raw>& declaration, const registry::Signature& signature);

}  // namespace souk::serving
