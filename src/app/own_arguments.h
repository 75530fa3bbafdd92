// SPDX-License-Identifier: Apache-2.0
//
// A subcommand's own options, taken out of its arguments; what is left are settings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/output.h"

namespace souk::app {

class OwnArguments {
 public:
  explicit OwnArguments(std::vector<std::string> arguments) : rest_(std::move(arguments)) {}

  // "--list": whether it was given.
  bool flag(std::string_view name);
  // "--keep 7" or "--keep=7". Errors: invalid_argument (no value)
  Result<std::optional<std::string>> option(std::string_view name);
  // "--verify" or "--verify NAME": no value where none follows.
  struct Optional {
    bool given = false;
    std::optional<std::string> value;
  };
  Optional flag_or_option(std::string_view name);
  // The first argument, when it is no option.
  std::optional<std::string> first();
  // -o, --output; -q, --quiet. Errors: invalid_argument
  Result<cli::Output> output();
  const std::vector<std::string>& settings() const { return rest_; }

 private:
  std::vector<std::string> rest_;
};

}  // namespace souk::app
