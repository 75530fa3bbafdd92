// SPDX-License-Identifier: Apache-2.0
//
// Where a text stops being JSON, or holds what nothing can keep, for messages: simdjson says that it does, not where.
// For the .cc files of base only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace souk::json {

struct Fault {
  std::size_t byte = 0;  // from 0
  std::string expected;  // "',' or '}'"
};

// The first byte at which no JSON text goes on. Nothing: the syntax is right, a number is out of range, or the nesting
// is too deep. Takes no more than one look at each byte.
std::optional<Fault> find_fault(std::string_view text);

// The first number that neither 64 bits nor a double hold, in a text that is JSON otherwise.
struct Misfit {
  std::string path;    // "inputs[0].data[3]"; empty: it stands alone
  std::string number;  // as written, its beginning where it is long
};
std::optional<Misfit> find_misfit(std::string_view text);

// The length of the well-formed UTF-8 sequence at the front; 0 when there is none. RFC 3629, section 4.
std::size_t utf8_length(std::string_view text);

}  // namespace souk::json
