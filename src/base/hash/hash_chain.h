// SPDX-License-Identifier: Apache-2.0
//
// The links of a hash chain: each is the SHA-256 of the link before and of a row's fields, every field with its length
// in front, so that no two different rows read alike.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace souk {

// What stands before the first link.
std::string first_link();
// 64 hex digits.
std::string next_link(std::string_view before, std::span<const std::string> fields);

}  // namespace souk
