// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/sources/globs.h"

#include <algorithm>

#include "access/access.h"
#include "store/lists/matcher.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxPatterns = 1000;
constexpr std::size_t kMaxLength = 500;

Status check_list(const std::vector<std::string>& patterns, const char* field) {
  if (patterns.size() > kMaxPatterns)
    return invalid_argument(std::string(field) + " has more than 1000 patterns").at(field);
  for (const std::string& pattern : patterns) {
    if (pattern.find_first_not_of(" \t\r\n") == std::string::npos)
      return invalid_argument(std::string(field) + " has a pattern that is blank").at(field);
    if (pattern.size() > kMaxLength)
      return invalid_argument(std::string(field) + " has a pattern of more than 500 bytes").at(field);
  }
  return {};
}

}  // namespace

bool matches_glob(std::string_view name, std::string_view pattern) {
  std::string text;
  for (char c : pattern) {
    if (c == '%' || c == '_' || c == '\\') text += '\\';
    text += c == '*' ? '%' : c;
  }
  return store::like(name, text, true);
}

Status check_globs(const std::vector<std::string>& included, const std::vector<std::string>& excluded) {
  SOUK_TRY(check_list(included, "includedModels"));
  SOUK_TRY(check_list(excluded, "excludedModels"));
  for (const std::string& pattern : included) {
    if (std::ranges::find(excluded, pattern) != excluded.end())
      return invalid_argument("the pattern " + access::as_shown(pattern) + " is both included and excluded")
          .at("excludedModels");
  }
  return {};
}

bool takes(std::string_view name, const std::vector<std::string>& included, const std::vector<std::string>& excluded) {
  const auto matches = [&](const std::string& pattern) { return matches_glob(name, pattern); };
  if (std::ranges::any_of(excluded, matches)) return false;
  return included.empty() || std::ranges::any_of(included, matches);
}

}  // namespace souk::registry
