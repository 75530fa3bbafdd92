// SPDX-License-Identifier: Apache-2.0
//
// Which values a tensor may hold: declared in a version's souk.yaml under `tensors` (docs/reference/version-file.md),
// sealed into its signature, checked with every request and every answer.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/json.h"
#include "registry/signature.h"

namespace souk::runtimes {

// Puts what is declared into the signature. Errors: invalid_argument with `field` (not as documented, a tensor that the
// model does not have, a range that holds nothing)
Status declare_ranges(const json::Raw& declaration, registry::Signature& signature);

// The first element outside of the spec's range, NaN being outside of any; none: all are inside. `data` holds whole
// elements of the spec's datatype, however aligned.
struct OutOfRange {
  std::size_t index;
  double value;
};
std::optional<OutOfRange> find_out_of_range(const registry::TensorSpec& spec, std::span<const std::byte> data);

}  // namespace souk::runtimes
