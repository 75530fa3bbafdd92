// SPDX-License-Identifier: Apache-2.0
//
// Cookies of the web page (RFC 6265): HttpOnly, SameSite=Strict, and under TLS Secure with the prefix __Host-, so that
// neither a script nor another host of the domain reads or plants one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/message.h"

namespace souk::api {

inline constexpr std::string_view kSessionCookie = "souk_session";
inline constexpr std::string_view kDeviceCookie = "souk_device";

// The value; empty when there is none.
std::string_view cookie(const net::RequestHead& head, std::string_view name, bool secure);
// Without a lifetime: to be forgotten.
std::string set_cookie(std::string_view name, std::string_view value, std::optional<Duration> lifetime, bool secure);

}  // namespace souk::api
