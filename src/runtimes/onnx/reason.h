// SPDX-License-Identifier: Apache-2.0
//
// What ONNX Runtime says, in words for a user: without paths and line numbers of its sources, function
// signatures, failed C++ conditions; one line, at most 400 bytes.
#pragma once

#include <string>
#include <string_view>

namespace souk::runtimes {

std::string clean_reason(std::string_view message);

}  // namespace souk::runtimes
