// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>

#include "access/access.h"

namespace souk::access {

namespace {

constexpr std::size_t kMaxSlug = 100;
constexpr std::size_t kMaxName = 250;

// Words that stand for something else in paths of /v2 and /api.
constexpr std::array<std::string_view, 14> kReserved{"blobs",  "manifests", "tags",   "referrers", "versions",
                                                     "ready",  "infer",     "config", "stats",     "load",
                                                     "unload", "models",    "health", "repository"};

bool is_reserved(std::string_view slug) {
  return std::ranges::find(kReserved, slug) != kReserved.end();
}
bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// The length of the separator at the front of `text`: one '.', one or two '_', any number of '-'; 0: none.
std::size_t separator(std::string_view text) {
  if (text.starts_with("__")) return 2;
  if (text.starts_with("_") || text.starts_with(".")) return 1;
  return std::min(text.find_first_not_of('-'), text.size());
}

// distribution-spec: [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  for (bool first = true; !text.empty(); first = false) {
    if (!first) {
      const std::size_t length = separator(text);
      if (length == 0) return false;
      text.remove_prefix(length);
    }
    const auto end = std::ranges::find_if_not(text, is_alphanumeric);
    if (end == text.begin()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) return true;
  }
  return false;
}

// The code point at the front of `text`, which is taken off; nullopt: not UTF-8 (RFC 3629).
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() < length) return std::nullopt;
  char32_t value = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte & 0x3F);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if ((length > 1 && value < kSmallest[length]) || value > 0x10FFFF || surrogate) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

// Controls, line separators and the marks that turn the direction of the text around them.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
bool is_space(char32_t c) {
  return c == ' ' || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x3000 || c == 0xFEFF;
}

}  // namespace

std::string as_shown(std::string_view text) {
  if (text.size() <= kMaxSlug && is_path_component(text)) return std::string(text);
  std::string out;
  for (std::string_view rest = text; !rest.empty() && out.size() < 60;) {
    const std::string_view before = rest;
    const auto c = take_code_point(rest);
    if (!c || is_control(*c)) return "'" + out + "…'";
    out.append(before.substr(0, before.size() - rest.size()));
  }
  return "'" + out + (out.size() < text.size() ? "…'" : "'");
}

Status check_slug(std::string_view slug) {
  if (slug.size() > kMaxSlug || !is_path_component(slug)) {
    return invalid_argument("the slug " + as_shown(slug) +
                            " is not allowed: at most 100 of a-z, 0-9 with single '.', "
                            "'_', '__' or '-' between them")
        .at("slug");
  }
  if (is_reserved(slug)) return invalid_argument("the slug '" + std::string(slug) + "' is reserved").at("slug");
  return {};
}

Result<std::string> slug_of(std::string_view name) {
  std::string slug;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool after_word = !slug.empty() && is_alphanumeric(slug.back());
    // A single '.' or '_' inside a word stays; anything else becomes one '-'.
    if (is_alphanumeric(c) || (after_word && (c == '.' || c == '_'))) {
      slug += c;
    } else if (after_word) {
      slug += '-';
    } else if (!slug.empty()) {
      slug.back() = '-';
    }
  }
  if (slug.size() > kMaxSlug - 8) slug.resize(kMaxSlug - 8);  // room for a suffix
  while (!slug.empty() && !is_alphanumeric(slug.back())) slug.pop_back();
  if (slug.empty()) {
    return invalid_argument("no slug can be made of the name " + as_shown(name))
        .at("slug")
        .advise("give a slug of a-z and 0-9 along with the name");
  }
  return is_reserved(slug) ? slug + "-1" : slug;
}

Status check_name(std::string_view name, std::string_view field) {
  const std::string of(field);
  if (name.size() > kMaxName) {
    return invalid_argument(of + " has " + std::to_string(name.size()) + " bytes; at most 250 are allowed").at(of);
  }
  bool blank = true;
  for (std::string_view rest = name; !rest.empty();) {
    const auto c = take_code_point(rest);
    if (!c) return invalid_argument(of + " is not valid UTF-8").at(of);
    if (is_control(*c)) return invalid_argument(of + " holds a control character").at(of);
    blank = blank && is_space(*c);
  }
  if (blank) return invalid_argument(of + " is empty").at(of);
  return {};
}

Status check_text(std::string_view text, std::size_t limit, std::string_view field) {
  const std::string of(field);
  if (text.size() > limit) {
    return invalid_argument(of + " has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(limit) +
                            " are allowed")
        .at(of);
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto c = take_code_point(rest);
    if (!c) return invalid_argument(of + " is not valid UTF-8").at(of);
    if (*c == 0) return invalid_argument(of + " holds a NUL").at(of);
  }
  return {};
}

}  // namespace souk::access
