// SPDX-License-Identifier: Apache-2.0
//
// Whether two revisions gave the same answer to one request. Pure.
#pragma once

#include <span>

#include "runtimes/runtime.h"

namespace souk::serving {

// The same names, datatypes and shapes in the same order, and elements that are equal; of floating-point ones, that
// differ by at most absolute + relative × |expected|. NaN equals NaN.
bool agree(std::span<const runtimes::Tensor> expected, std::span<const runtimes::Tensor> got, double absolute,
           double relative);

}  // namespace souk::serving
