// SPDX-License-Identifier: Apache-2.0
//
// Scripts that complete souk's commands and options in a shell, made from the command line's own description.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::cli {

// What may follow each command: key "" is souk itself, "model" and "model push" the rest.
struct CommandWords {
  std::map<std::string, std::vector<std::string>> verbs;
  std::map<std::string, std::vector<std::string>> options;
};

// `shell` is bash, zsh or fish. Errors: invalid_argument
Result<std::string> completion_script(std::string_view shell, const CommandWords& words);

}  // namespace souk::cli
