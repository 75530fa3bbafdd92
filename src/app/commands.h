// SPDX-License-Identifier: Apache-2.0
//
// The subcommands that are the server rather than its client: serve, migrate, inspect.
#pragma once

#include <string>
#include <vector>

namespace souk::app {

// Exit codes: 0 ok, 1 failure, 2 usage.
int serve(const std::vector<std::string>& arguments);
int migrate(const std::vector<std::string>& arguments);
int inspect();

}  // namespace souk::app
