// SPDX-License-Identifier: Apache-2.0
#include "base/hash/hash_chain.h"

#include "base/digest.h"

namespace souk {

std::string first_link() {
  return std::string(64, '0');
}

std::string next_link(std::string_view before, std::span<const std::string> fields) {
  std::string text(before);
  for (const std::string& field : fields)
    text.append(1, '\n').append(std::to_string(field.size())).append(1, ':').append(field);
  return sha256(text).hex();
}

}  // namespace souk
