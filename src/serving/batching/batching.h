// SPDX-License-Identifier: Apache-2.0
//
// How requests of one revision are joined: declared in the version's souk.yaml under `batching`
// (docs/reference/version-file.md), because only who made a model knows that its first dimension is a batch.
#pragma once

#include <cstdint>
#include <optional>

#include "base/json.h"
#include "base/result.h"
#include "registry/signature.h"

namespace souk::serving {

struct Batching {
  std::int64_t max_batch_size = 1;  // rows of a batch; 1: requests are not joined
};
BOOST_DESCRIBE_STRUCT(Batching, (), (max_batch_size))

// Errors: invalid_argument (`batching` is not as documented, or a tensor of the model has no dynamic first dimension)
Result<Batching> batching_of(const std::optional<json::Raw>& declaration, const registry::Signature& signature);

}  // namespace souk::serving
