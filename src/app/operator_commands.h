// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of who runs a server, beside it or without it: doctor, backup, restore.
#pragma once

#include <string>
#include <vector>

namespace souk::app {

// Exit codes: 0 ok, 1 failure (doctor: something is wrong), 2 usage.
int doctor(const std::vector<std::string>& arguments);
int backup(const std::vector<std::string>& arguments);
int restore(const std::vector<std::string>& arguments);

}  // namespace souk::app
