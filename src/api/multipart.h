// SPDX-License-Identifier: Apache-2.0
//
// multipart/form-data (RFC 7578, RFC 2046) of a body that is whole in memory; parts are views into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::api {

struct Part {
  std::string name;
  std::string filename;  // empty: an ordinary field
  std::string_view content;
  bool is_file = false;
};

// At most 256 parts, each with at most 8 KiB of headers. Errors: invalid_argument
Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace souk::api
