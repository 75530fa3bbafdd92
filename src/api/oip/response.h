// SPDX-License-Identifier: Apache-2.0
//
// An inference answer onto the wire: JSON, followed by the bytes of the outputs that were asked for as binary.
#pragma once

#include <span>

#include "api/oip/request.h"
#include "net/message.h"
#include "runtimes/runtime.h"
#include "serving/serving.h"

namespace souk::api::oip {

// Large binary outputs are sent from where the runtime left them. Errors: failed_precondition (an output that JSON
// cannot say, with what to ask for instead)
Result<net::Response> make_response(const Request& request, const serving::Target& target,
                                    std::vector<runtimes::Tensor> outputs);

}  // namespace souk::api::oip
