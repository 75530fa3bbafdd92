// SPDX-License-Identifier: Apache-2.0
//
// The vision tasks' input: {"type": "image-base64", "image-base64": "…"} with the file's bytes in base64, plain or
// as a data URL.
#pragma once

#include <string>

#include "base/json.h"

namespace souk::tasks {

// The bytes of the image file. Errors: invalid_argument with `field` ("image-base64")
Result<std::string> read_vision(const json::Raw& data);

}  // namespace souk::tasks
