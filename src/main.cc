// SPDX-License-Identifier: Apache-2.0
//
// One binary: the server (serve, migrate, doctor, backup, restore, inspect) and its client (everything else).
#include <functional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/operator_commands.h"
#include "cli/cli.h"

namespace {

std::function<int(int, char**)> with_arguments(int (*command)(const std::vector<std::string>&)) {
  return [command](int argc, char** argv) { return command({argv + 1, argv + argc}); };
}

}  // namespace

int main(int argc, char** argv) {
  return souk::cli::run(
      argc, argv,
      {{"serve", "Run a server", with_arguments(&souk::app::serve)},
       {"migrate", "Bring a database to this version's schema", with_arguments(&souk::app::migrate)},
       {"doctor", "Look whether a server's database, bytes and machine are well", with_arguments(&souk::app::doctor)},
       {"backup", "Save everything, beside a running server or without one", with_arguments(&souk::app::backup)},
       {"restore", "Put a backup into an empty place", with_arguments(&souk::app::restore)},
       {"inspect", "Look at a model's files", [](int, char**) { return souk::app::inspect(); }, true}});
}
