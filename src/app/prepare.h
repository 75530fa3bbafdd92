// SPDX-License-Identifier: Apache-2.0
//
// What the subcommands of the server begin and end with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/log.h"
#include "base/result.h"

namespace souk::app {

// Settings from everywhere; an exit code when the command ends here (help, wrong usage).
std::optional<int> prepare(Settings& settings, settings::Table& table, const std::vector<std::string>& arguments,
                           const char* usage);
// Made when it is not there, and nobody else's. Errors: unavailable
Status make_private_folder(const std::string& path);
Logger logger_of(const Settings& settings);
// For what reads or changes everything: no statement of it is given up.
void be_patient(Settings& settings);
// Tells an error and the next thing to try on stderr; returns `code`.
int fail(const Error& error, int code);

}  // namespace souk::app
