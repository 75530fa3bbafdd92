// SPDX-License-Identifier: Apache-2.0
//
// First runs of a model, with zeros: what is made on first use is made before the first request, and how long one
// run takes is known.
#pragma once

#include <chrono>

#include "runtimes/runtime.h"

namespace souk::serving {

// The shortest of up to three runs; zero when the model does not run on zeros, which is no fault of its own.
std::chrono::nanoseconds warm_up(runtimes::Runtime& runtime);

}  // namespace souk::serving
