// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include <algorithm>

#include "base/json.h"

namespace souk::cli {
namespace {

constexpr std::size_t kLongestSlug = 128;
constexpr std::string_view kForm = "[namespace/]model[:tag|@alias|@sha256:…]";

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
  });
}

std::string quoted(std::string_view text) {
  return json::write(std::string(text.substr(0, 100)));
}

Error malformed(std::string_view text, const std::string& why) {
  return invalid_argument(quoted(text) + " does not name a model: " + why)
      .advise("write it as " + std::string(kForm) + ", such as default/digits:2");
}

}  // namespace

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > kLongestSlug) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_lower_or_digit(text[i])) return false;
    while (i < text.size() && is_lower_or_digit(text[i])) ++i;
    if (i == text.size()) return true;
    const std::size_t end = text.find_first_not_of(text[i], i);
    const std::size_t run = std::min(end, text.size()) - i;
    const bool separates = (text[i] == '.' && run == 1) || (text[i] == '_' && run <= 2) || text[i] == '-';
    if (!separates) return false;
    i += run;
  }
  return false;  // ends in a separator
}

std::string Reference::string() const {
  std::string text = model_name();
  if (!tag.empty()) return text + ":" + tag;
  if (!alias.empty()) return text + "@" + alias;
  if (digest) return text + "@" + digest->string();
  return text;
}

Result<Reference> parse_reference(std::string_view text) {
  Reference reference;
  const std::size_t mark = text.find_first_of(":@");
  if (mark != std::string_view::npos) {
    const std::string_view version = text.substr(mark + 1);
    if (text[mark] == ':') {
      if (!is_tag(version)) return malformed(text, "a tag is of letters, digits, '_', '.' and '-', at most 128");
      reference.tag = version;
    } else if (version.starts_with("sha256:")) {
      reference.digest = SOUK_TRY(Digest::parse(version));
    } else {
      if (!is_tag(version)) return malformed(text, "an alias is of letters, digits, '_', '.' and '-', at most 128");
      reference.alias = version;
    }
  }
  const std::string_view path = text.substr(0, mark);
  const std::size_t slash = path.find('/');
  reference.namespace_ = slash == std::string_view::npos ? kDefaultNamespace : path.substr(0, slash);
  reference.model = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!is_slug(reference.namespace_) || !is_slug(reference.model)) {
    return malformed(text, "names are of lower-case letters and digits, with '-', '_' or '.' between them");
  }
  return reference;
}

Result<Name> parse_name(std::string_view text, std::string_view what) {
  const std::size_t slash = text.find('/');
  Name name;
  name.namespace_ = slash == std::string_view::npos ? kDefaultNamespace : text.substr(0, slash);
  name.slug = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (!is_slug(name.namespace_) || !is_slug(name.slug)) {
    return invalid_argument(quoted(text) + " does not name a " + std::string(what) + ": names are of lower-case " +
                            "letters and digits, with '-', '_' or '.' between them")
        .advise("write it as [namespace/]" + std::string(what));
  }
  return name;
}

}  // namespace souk::cli
