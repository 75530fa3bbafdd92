// SPDX-License-Identifier: Apache-2.0
#include "api/prefer.h"

#include <algorithm>
#include <charconv>

namespace souk::api {

Duration wait_of(const std::optional<std::string>& prefer) {
  if (!prefer) return Duration(0);
  const std::size_t at = prefer->find("wait=");
  if (at == std::string::npos) return Duration(0);
  std::int64_t seconds = 0;
  std::from_chars(prefer->data() + at + 5, prefer->data() + prefer->size(), seconds);
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 60));
}

}  // namespace souk::api
