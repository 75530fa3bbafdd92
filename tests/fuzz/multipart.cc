// SPDX-License-Identifier: Apache-2.0
//
// multipart/form-data: the Content-Type's value up to the first line feed, then the body.
#include "api/multipart.h"
#include "fuzz.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  std::string_view body = input.substr(line + 1);
  auto parts = api::parse_multipart(input.substr(0, line), body);
  if (!parts) {
    fuzz::check(parts.error());
    return 0;
  }
  fuzz::require(parts->size() <= 256, "the number of parts is bounded");
  for (const auto& part : *parts) {
    fuzz::touch(part.content);
    fuzz::require(part.content.empty() || (part.content.data() >= body.data() &&
                                           part.content.data() + part.content.size() <= body.data() + body.size()),
                  "a part is a view into the body");
  }
  return 0;
}
