// SPDX-License-Identifier: Apache-2.0
//
// What this server was started with, for its admins: each setting, and where it was said.
#pragma once

#include "access/access.h"
#include "api/route.h"
#include "base/settings.h"

namespace souk::api::native {

// Of the server's table, once it is read; secrets and passwords in URLs are masked here. `access` outlives the routes.
void add_settings(RouteTable& table, const access::Access& access, const std::vector<settings::Entry>& entries);

}  // namespace souk::api::native
