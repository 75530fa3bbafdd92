// SPDX-License-Identifier: Apache-2.0
//
// An OIP inference request over REST. The first two bytes choose how long its JSON part is said to be.
#include <string>

#include "api/oip/request.h"
#include "fuzz.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t said = data[0] | data[1] << 8;
  auto body = std::make_shared<const std::string>(fuzz::text_of(data + 2, size - 2));
  // 65535: no header, all is JSON. Other values may be larger than the body.
  std::optional<std::uint64_t> json_size;
  if (said != 0xffff) json_size = said;
  static const registry::Signature kSignature{{{"input", registry::Datatype::FP32, {-1, 2}}}, {}};
  api::oip::InferBody request;
  if (Status read = api::oip::parse(body, json_size, kSignature, request); !read) {
    fuzz::check(read.error());
    return 0;
  }
  fuzz::require(request.infer.inputs.size() <= 4096, "the number of inputs is bounded");
  for (const auto& input : request.infer.inputs) fuzz::touch(input);
  for (const auto& output : request.outputs) fuzz::touch(output.name);
  fuzz::touch(request.id);
  return 0;
}
