// SPDX-License-Identifier: Apache-2.0
//
// ModelInferResponse, written by hand: large tensors are sent from where the runtime left them.
#pragma once

#include <string_view>
#include <vector>

#include "api/grpc/call.h"
#include "api/oip/request.h"
#include "serving/serving.h"

namespace souk::api::oip {

// `name`: the model as the caller named it. `streamed`: as the infer_response of a ModelStreamInferResponse.
// Errors: invalid_argument (some outputs raw, some not), failed_precondition (an output that only raw contents carry)
Result<grpc::Reply> write_reply(std::string_view name, const serving::Target& target, const InferBody& asked,
                                std::vector<runtimes::Tensor> outputs, bool streamed);
// A ModelStreamInferResponse that says what went wrong with the request of that id.
grpc::Reply write_failure(std::string_view text, std::string_view id);

}  // namespace souk::api::oip
