// SPDX-License-Identifier: Apache-2.0
#include "api/multipart.h"

#include <algorithm>
#include <optional>

namespace souk::api {
namespace {

constexpr std::size_t kMostParts = 256;
constexpr std::size_t kMostHeaders = 8 << 10;
constexpr std::size_t kMostBoundary = 70;  // RFC 2046, 5.1.1

Error wrong(std::string message) {
  return invalid_argument("the form cannot be read: " + std::move(message)).at("body");
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of a parameter ("; name=token" or "; name=\"quoted\""); nullopt: not there, or not well formed.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = trimmed(header.substr(at + 1));
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trimmed(rest.substr(0, equals));
    std::string_view value = trimmed(rest.substr(equals + 1));
    std::string out;
    std::size_t used = 0;
    if (value.starts_with('"')) {
      for (used = 1; used < value.size() && value[used] != '"'; ++used) {
        if (value[used] == '\\' && used + 1 < value.size()) ++used;
        out += value[used];
      }
      if (used >= value.size()) return std::nullopt;
      ++used;
    } else {
      used = std::min(value.find(';'), value.size());
      out = std::string(trimmed(value.substr(0, used)));
    }
    if (key.size() == name.size() && starts_with_word(key, name)) return out;
    const auto offset = static_cast<std::size_t>(value.data() - header.data()) + used;
    at = header.find(';', offset);
  }
  return std::nullopt;
}

Result<std::string> boundary_of(std::string_view content_type) {
  if (!starts_with_word(content_type, "multipart/form-data")) {
    return invalid_argument("Content-Type is '" + std::string(content_type.substr(0, 64)) +
                            "'; multipart/form-data is expected")
        .at("Content-Type");
  }
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMostBoundary) {
    return invalid_argument("Content-Type names no boundary of 1 to 70 characters").at("Content-Type");
  }
  return *boundary;
}

// Headers up to the empty line; what follows is the content.
Status read_headers(std::string_view& rest, Part& part) {
  bool disposed = false;
  for (std::size_t read = 0; read <= kMostHeaders;) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return wrong("a part has no end of its headers");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    read += end + 2;
    if (line.empty()) {
      if (!disposed) return wrong("a part has no Content-Disposition with a name");
      return {};
    }
    if (!starts_with_word(line, "content-disposition:")) continue;
    const auto name = parameter(line, "name");
    if (!name) return wrong("a part has no name");
    part.name = *name;
    const auto filename = parameter(line, "filename");
    part.is_file = filename.has_value();
    part.filename = filename.value_or("");
    disposed = true;
  }
  return wrong("a part has more than 8 KiB of headers");
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  const std::string delimiter = "--" + SOUK_TRY(boundary_of(content_type));
  std::string_view rest = body;
  if (!rest.starts_with(delimiter)) {
    const std::size_t first = rest.find("\r\n" + delimiter);  // behind a preamble
    if (first == std::string_view::npos) return wrong("it does not contain its boundary");
    rest.remove_prefix(first + 2);
  }
  std::vector<Part> parts;
  for (;;) {
    rest.remove_prefix(delimiter.size());
    if (rest.starts_with("--")) return parts;
    const std::size_t line = rest.find("\r\n");
    if (line == std::string_view::npos || !trimmed(rest.substr(0, line)).empty()) {
      return wrong("a boundary is not followed by a line end");
    }
    rest.remove_prefix(line + 2);
    if (parts.size() >= kMostParts) return wrong("it has more than 256 parts");
    Part part;
    SOUK_TRY(read_headers(rest, part));
    const std::size_t end = rest.starts_with(delimiter) ? 0 : rest.find("\r\n" + delimiter);
    if (end == std::string_view::npos) return wrong("its last part has no end");
    part.content = rest.substr(0, end);
    parts.push_back(std::move(part));
    rest.remove_prefix(end + (rest.starts_with(delimiter) ? 0 : 2));
  }
}

}  // namespace souk::api
