// SPDX-License-Identifier: Apache-2.0
//
// What goes into a model, from the command line.
#pragma once

#include <string>

#include "base/result.h"

namespace souk::cli {

// At most 64 MiB; "-" is stdin. Errors: not_found, unavailable, invalid_argument (too large)
Result<std::string> read_file(const std::string& path);
// "@FILE", "-" for stdin, or the text itself.
Result<std::string> read_argument(const std::string& text);
// One input of a vision task: {"data":{"type":"image-base64",…}}.
std::string image_input(const std::string& image);

}  // namespace souk::cli
