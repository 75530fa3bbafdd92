// SPDX-License-Identifier: Apache-2.0
#include "api/cookies.h"

#include <algorithm>

#include "net/fields.h"

namespace souk::api {
namespace {

std::string full_name(std::string_view name, bool secure) {
  return (secure ? "__Host-" : "") + std::string(name);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view cookie(const net::RequestHead& head, std::string_view name, bool secure) {
  const std::string wanted = full_name(name, secure);
  for (const net::HeaderView& header : head.headers) {
    if (!net::same_name(header.name, "Cookie")) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == wanted) return pair.substr(equals + 1);
    }
  }
  return {};
}

std::string set_cookie(std::string_view name, std::string_view value, std::optional<Duration> lifetime, bool secure) {
  const auto seconds = lifetime ? std::chrono::duration_cast<std::chrono::seconds>(*lifetime).count() : 0;
  return full_name(name, secure) + "=" + std::string(value) + "; Path=/; Max-Age=" + std::to_string(seconds) +
         "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "");
}

}  // namespace souk::api
