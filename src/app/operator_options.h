// SPDX-License-Identifier: Apache-2.0
//
// How `souk doctor`, `souk backup` and others that open the database themselves are called for this server: the program
// and the options that lead them to the same data, whatever folder and shell they are pasted into.
#pragma once

#include <string>
#include <string_view>

#include "app/settings.h"

namespace souk::app {

struct OperatorCommand {
  std::string program;  // "souk", where that is found; else its path
  std::string options;  // "--data /var/lib/souk", each value quoted as a shell needs it
};

// What is secret stands in no command: it is to be in the environment, as it is for the server, or in the file.
// `address`: where the server listens; `own_path`: of this program; `folders`: PATH, where shells look for it.
OperatorCommand operator_command(const settings::Table& table, const Settings& settings, std::string_view address,
                                 std::string_view own_path, std::string_view folders);

// As one word of a POSIX shell.
std::string shell_word(std::string_view text);

}  // namespace souk::app
