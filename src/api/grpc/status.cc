// SPDX-License-Identifier: Apache-2.0
#include "api/grpc/status.h"

#include <algorithm>
#include <charconv>

namespace souk::api::grpc {
namespace {

constexpr std::size_t kLongestMessage = 2 << 10;  // clients take 8 KiB of trailers in all

Error bad_timeout(std::string_view text) {
  return invalid_argument("is \"" + std::string(text.substr(0, 32)) +
                          "\", not at most 8 digits and one of H, M, S, m, u, n")
      .at("grpc-timeout");
}

}  // namespace

bool is_grpc(const net::RequestHead& head) {
  std::string_view type = head.header("Content-Type");
  if (!type.starts_with(kContentType)) return false;
  return type.size() == kContentType.size() || type[kContentType.size()] == '+' || type[kContentType.size()] == ';';
}

Result<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return bad_timeout(text);
  std::int64_t count = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size() - 1, count);
  if (fault != std::errc() || end != text.data() + text.size() - 1 || count < 0 || text[0] == '-') {
    return bad_timeout(text);
  }
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(std::min<std::int64_t>(count, 1'000'000));
    case 'M':
      return std::chrono::minutes(std::min<std::int64_t>(count, 60'000'000));
    case 'S':
      return std::chrono::seconds(count);
    case 'm':
      return std::chrono::milliseconds(count);
    case 'u':
      return std::chrono::microseconds(count);
    case 'n':
      return std::chrono::nanoseconds(count);
    default:
      return bad_timeout(text);
  }
}

std::string encode_message(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text.substr(0, kLongestMessage)) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::vector<net::Header> ok_fields() {
  return {{"grpc-status", "0"}};
}

std::vector<net::Header> status_fields(const Error& error) {
  std::string text = error.describe();
  if (!error.hint.empty()) text += "; " + error.hint;
  std::vector<net::Header> fields;
  fields.push_back({"grpc-status", std::to_string(static_cast<int>(error.code))});
  fields.push_back({"grpc-message", encode_message(text)});
  if (error.retry_after) fields.push_back({"grpc-retry-pushback-ms", std::to_string(error.retry_after->count())});
  return fields;
}

net::Response error_response(const Error& error, const access::Call&) {
  net::Response response;
  response.headers = status_fields(error);
  response.headers.insert(response.headers.begin(), {"content-type", std::string(kContentType)});
  return response;
}

}  // namespace souk::api::grpc
