// SPDX-License-Identifier: Apache-2.0
//
// ModelInferRequest, read by hand from its bytes: names, raw tensors and texts are views into the message; typed
// contents are decoded once. Field numbers: protos/open_inference_grpc.proto.
#pragma once

#include <string_view>

#include "api/grpc/message.h"
#include "api/oip/request.h"

namespace souk::api::oip {

struct GrpcInferBody : InferBody {
  std::string_view model_name, model_version;
};

// `out` keeps the message. Outputs come raw unless the request says otherwise. Errors: invalid_argument with `field`
Status parse(grpc::Message message, GrpcInferBody& out);

// Where the bytes of the first raw tensor stand in a message that begins so; none: not within it.
std::optional<std::size_t> find_first_tensor(std::string_view begin);

}  // namespace souk::api::oip
