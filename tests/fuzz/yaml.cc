// SPDX-License-Identifier: Apache-2.0
//
// YAML to JSON; what comes out is JSON, and written as YAML it reads as the same.
#include "base/yaml.h"
#include "fuzz.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto read = yaml::to_json(fuzz::text_of(data, size));
  if (!read) {
    fuzz::check(read.error());
    return 0;
  }
  auto document = json::Document::parse(read->text);
  fuzz::require(document.has_value(), "YAML becomes JSON");
  std::string again = yaml::from_json(document->root());
  auto back = yaml::to_json(again, {.bytes = 8 << 20, .expanded = 8 << 20});
  fuzz::require(back.has_value(), "what is written as YAML can be read");
  fuzz::require(back->text == read->text, "writing and reading changes nothing");
  return 0;
}
