// SPDX-License-Identifier: Apache-2.0
//
// The command line `souk`. What speaks to a server is here; what runs one (serve, migrate, inspect) is given by main
// as Commands, whose arguments are not looked at here.
//
// Exit codes, for scripts: 0 done · 1 failed · 2 wrong usage or input · 3 not found · 4 not allowed, or no valid key ·
// 5 in conflict with what is there · 6 not reachable, overloaded or out of time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::cli {

struct Command {
  std::string name;  // "serve"
  std::string help;
  std::function<int(int argc, char** argv)> run;  // argv[0] is the command's name
  bool hidden = false;                            // not in the help
};

// Runs one command line and returns the exit code. Writes to stdout and stderr.
int run(int argc, char** argv, const std::vector<Command>& others = {});

int exit_code(Code code);
// Prints the error on stderr with the next thing to try, and returns its exit code.
int report(const Error& error);

}  // namespace souk::cli
