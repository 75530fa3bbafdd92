// SPDX-License-Identifier: Apache-2.0
//
// ModelInferRequest. What our reader takes, protobuf's own takes too (it may refuse more: shapes, counts).
#include <string>

#include "api/oip/grpc/request.h"
#include "fuzz.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto owner = std::make_shared<const std::string>(fuzz::text_of(data, size));
  auto bytes = std::as_bytes(std::span(*owner));
  auto first = api::oip::find_first_tensor(*owner);
  fuzz::require(!first || *first <= size, "the first tensor stands within the message or is not told");
  api::oip::GrpcInferBody request;
  if (Status read = api::oip::parse(api::grpc::Message{owner, bytes, false}, request); !read) {
    fuzz::check(read.error());
    return 0;
  }
  fuzz::touch(request.model_name);
  fuzz::touch(request.model_version);
  for (const auto& input : request.infer.inputs) fuzz::touch(input);
  for (const auto& output : request.outputs) fuzz::touch(output.name);
  return 0;
}
