// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "access/access.h"
#include "registry/model.h"

namespace souk::registry {

namespace {

Error malformed(std::string_view text) {
  return invalid_argument("'" + std::string(text.substr(0, 100)) + "' names no version")
      .at("reference")
      .advise("write MODEL, MODEL:VERSION, MODEL@ALIAS or MODEL@sha256:…, with NAMESPACE/ in front where needed");
}

}  // namespace

std::string Reference::string() const {
  std::string out = namespace_.empty() ? model : namespace_ + "/" + model;
  if (digest) return out + "@" + digest->string();
  if (!alias.empty()) return out + "@" + alias;
  return version.empty() ? out : out + ":" + version;
}

Result<Reference> Reference::parse(std::string_view text) {
  constexpr std::size_t kLongest = 512;
  if (text.empty() || text.size() > kLongest) return malformed(text);
  Reference out;
  std::string_view path = text.substr(0, text.find_first_of(":@"));
  std::string_view rest = text.substr(path.size());
  if (const std::size_t slash = path.find('/'); slash != std::string_view::npos) {
    out.namespace_ = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (out.namespace_.empty()) return malformed(text);
    SOUK_TRY(access::check_slug(out.namespace_));
  }
  out.model = path;
  SOUK_TRY(access::check_slug(out.model));
  if (rest.empty()) return out;
  const char mark = rest.front();
  rest.remove_prefix(1);
  if (rest.empty()) return malformed(text);
  if (mark == '@' && rest.starts_with("sha256:")) {
    out.digest = SOUK_TRY(Digest::parse(rest));
    return out;
  }
  // A version's name may be any text, an alias is a tag.
  SOUK_TRY(access::check_name(rest, "reference"));
  if (mark == '@') {
    if (!is_tag(rest)) return malformed(text);
    out.alias = rest;
  } else {
    out.version = rest;
  }
  return out;
}

bool is_tag(std::string_view text) {
  const auto word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || text.size() > 128 || !word(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) { return word(c) || c == '.' || c == '-'; });
}

bool is_all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace souk::registry
