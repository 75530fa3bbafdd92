// SPDX-License-Identifier: Apache-2.0
//
// Who may call a server that asks for no credentials: only pages and tools of this machine. A name that was
// re-bound to loopback shows in Host, a page of another site in Origin.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/message.h"

namespace souk::api {

// "localhost:8080", "127.0.0.1", "[::1]:8080": whether the host part is loopback.
bool is_loopback_host(std::string_view host);

// Whether a page of this very server sent it, or no page at all: what signs in or comes by a cookie. Behind a proxy the
// Host is that which the browser asked for. Errors: permission_denied
Status check_same_origin(const net::RequestHead& head, const std::vector<std::string>& origins = {});

// Errors: permission_denied (says which header and what is allowed)
Status check_origin(const net::RequestHead& head, const std::vector<std::string>& origins);

}  // namespace souk::api
