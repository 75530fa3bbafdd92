// SPDX-License-Identifier: Apache-2.0
#include "net/message.h"

#include <algorithm>

#include "net/fields.h"

namespace souk::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower_case(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low < 0)
        return invalid_argument("a percent escape at byte " + std::to_string(i) + " of the URL is malformed");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return invalid_argument("the URL holds a NUL");
    out += c;
  }
  return out;
}

std::string encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    bool unreserved = (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z') ||
                      std::string_view("-._~").find(c) != std::string_view::npos;
    if (unreserved) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const {
  for (const HeaderView& header : headers) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

bool RequestHead::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const HeaderView& h) { return same_name(h.name, name); });
}

Response Response::text(int status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", std::move(content_type)});
  if (!body.empty()) response.body.emplace_back(std::move(body));
  return response;
}

Response& Response::add(std::string name, std::string value) {
  headers.push_back({std::move(name), std::move(value)});
  return *this;
}

Result<std::string> decode_path_segment(std::string_view text) {
  return decode(text, false);
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!query.empty()) {
    std::size_t ampersand = query.find('&');
    std::string_view field = query.substr(0, ampersand);
    query = ampersand == std::string_view::npos ? std::string_view() : query.substr(ampersand + 1);
    if (field.empty()) continue;
    std::size_t equals = field.find('=');
    std::string name = SOUK_TRY(decode(field.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) value = SOUK_TRY(decode(field.substr(equals + 1), true));
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

std::string encode_path_segment(std::string_view text) {
  return encode(text);
}
std::string encode_query_value(std::string_view text) {
  return encode(text);
}

}  // namespace souk::net
