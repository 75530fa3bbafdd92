// SPDX-License-Identifier: Apache-2.0
#include "store/lists/like.h"

#include <algorithm>

namespace souk::store {

namespace {

constexpr std::ptrdiff_t kMaxRuns = 16;  // each may multiply the time a match takes

std::string glob_of(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    const bool escaped = c == '\\';
    if (escaped) c = pattern[++i];
    if (!escaped && c == '%') {
      out += '*';
    } else if (!escaped && c == '_') {
      out += '?';
    } else if (c == '*' || c == '?' || c == '[') {
      out.append("[").append(1, c).append("]");
    } else {
      out += c;
    }
  }
  return out;
}

bool ends_in_escape(std::string_view pattern) {
  std::size_t escapes = 0;
  while (escapes < pattern.size() && pattern[pattern.size() - 1 - escapes] == '\\') ++escapes;
  return escapes % 2 == 1;
}

}  // namespace

Result<Like> compile_like(std::string_view pattern, bool ignore_case, Dialect dialect) {
  if (ends_in_escape(pattern)) return invalid_argument("the pattern ends in \\, which takes the character after it");
  if (std::ranges::count(pattern, '%') > kMaxRuns) return invalid_argument("the pattern has more than 16 %");
  if (dialect == Dialect::sqlite && !ignore_case) return Like{"GLOB", glob_of(pattern), ""};
  const bool ilike = dialect == Dialect::postgresql && ignore_case;
  return Like{ilike ? "ILIKE" : "LIKE", std::string(pattern), " ESCAPE '\\'"};
}

}  // namespace souk::store
