// SPDX-License-Identifier: Apache-2.0
//
// First runs of a model, with the requests that its version keeps for that and with zeros: what is made on first use is
// made before the first request, and how long one run takes is known.
#pragma once

#include <chrono>

#include "runtimes/runtime.h"
#include "serving/capacity/samples.h"

namespace souk::serving {

// The shortest run of the samples, or, where there are none, of up to three with zeros; zero when the model does not
// run on zeros, which is no fault of its own. Errors: those of a sample that the model does not answer, naming it
Result<std::chrono::nanoseconds> warm_up(runtimes::Runtime& runtime,
                                         const std::vector<std::unique_ptr<const Sample>>& samples);

}  // namespace souk::serving
