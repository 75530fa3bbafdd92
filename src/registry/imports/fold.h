// SPDX-License-Identifier: Apache-2.0
//
// Text without the difference of upper and lower case, to find names that a file system may hold for one.
#pragma once

#include <string>
#include <string_view>

namespace souk::registry {

// Code point by code point, as the C library knows them in every language; bytes that are no UTF-8 stay as they are.
std::string fold_case(std::string_view text);

}  // namespace souk::registry
