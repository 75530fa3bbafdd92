// SPDX-License-Identifier: Apache-2.0
//
// One binary: the server (serve, migrate, inspect) and its client (everything else).
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  std::string_view command = argc > 1 ? argv[1] : "";
  std::vector<std::string> arguments(argv + (argc > 1 ? 2 : argc), argv + argc);
  if (command == "serve") return souk::app::serve(arguments);
  if (command == "migrate") return souk::app::migrate(arguments);
  if (command == "inspect" && arguments.empty()) return souk::app::inspect();
  return souk::cli::run(argc, argv);
}
