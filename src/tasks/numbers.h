// SPDX-License-Identifier: Apache-2.0
//
// Tensor elements from and to reals, for every numeric datatype. Row-major bytes in the machine's order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "registry/signature.h"

namespace souk::tasks {

bool is_numeric(registry::Datatype type);

// Rounds to the datatype: floats to the nearest, integers to the nearest (halves to even) and clamped; NaN is 0 there.
// `out` holds values.size() elements.
void from_reals(std::span<const double> values, registry::Datatype type, std::byte* out);

std::vector<double> to_reals(std::span<const std::byte> bytes, registry::Datatype type);

}  // namespace souk::tasks
