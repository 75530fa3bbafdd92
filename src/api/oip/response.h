// SPDX-License-Identifier: Apache-2.0
//
// An inference's answer: JSON, followed by the bytes of the tensors that were asked for as binary data.
#pragma once

#include <string>
#include <vector>

#include "api/oip/request.h"
#include "net/message.h"
#include "serving/serving.h"

namespace souk::api::oip {

// `name`: the model as the caller named it. Errors: failed_precondition (an output that JSON cannot say)
Result<net::Response> write_response(std::string_view name, const serving::Target& target, const InferBody& asked,
                                     std::vector<runtimes::Tensor> outputs);

}  // namespace souk::api::oip
