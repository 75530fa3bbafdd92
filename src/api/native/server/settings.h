// SPDX-License-Identifier: Apache-2.0
//
// What this server was started with, for its admins: each setting, and where it was said.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "access/access.h"
#include "api/route.h"
#include "base/settings.h"

namespace souk::api::native {

// How souk doctor and the like are called for this server, on its machine.
struct OperatorCommand {
  std::string program, options;
};
BOOST_DESCRIBE_STRUCT(OperatorCommand, (), (program, options))

// Of the server's table, once it is read; secrets and passwords in URLs are masked here. `access` outlives the routes.
void add_settings(RouteTable& table, const access::Access& access, const std::vector<settings::Entry>& entries,
                  std::function<OperatorCommand()> command);

}  // namespace souk::api::native
