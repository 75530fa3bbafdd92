// SPDX-License-Identifier: Apache-2.0
#include "api/origin.h"

#include <algorithm>

namespace souk::api {
namespace {

bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  std::size_t from = 0;
  bool loopback = false;
  while (from <= host.size()) {
    std::size_t dot = std::min(host.find('.', from), host.size());
    std::string_view part = host.substr(from, dot - from);
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    if (parts == 0) loopback = part == "127";
    ++parts;
    from = dot + 1;
  }
  return parts == 4 && loopback;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  std::string_view name = host.substr(0, host.find(':'));
  return name == "localhost" || is_loopback_v4(name);
}

Status check_same_origin(const net::RequestHead& head, const std::vector<std::string>& origins) {
  if (!head.has_header("Origin")) {
    const std::string_view site = head.header("Sec-Fetch-Site");
    if (site.empty() || site == "same-origin" || site == "none") return {};
    return permission_denied("pages of other sites may not do this");
  }
  std::string_view origin = head.header("Origin");
  if (std::ranges::find(origins, origin) != origins.end()) return {};
  std::string_view rest = origin;
  if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  if (!rest.empty() && rest == head.header("Host")) return {};
  return permission_denied("pages of '" + std::string(origin.substr(0, 100)) + "' may not call this server")
      .advise("set api.origins to let them");
}

Status check_origin(const net::RequestHead& head, const std::vector<std::string>& origins) {
  std::string_view host = head.header("Host");
  if (!is_loopback_host(host)) {
    return permission_denied("Host '" + std::string(host.substr(0, 100)) + "' is not this machine")
        .advise("in dev mode call souk as localhost or 127.0.0.1; start it without --dev to serve others");
  }
  if (!head.has_header("Origin")) return {};
  return check_same_origin(head, origins);
}

}  // namespace souk::api
