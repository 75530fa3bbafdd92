// SPDX-License-Identifier: Apache-2.0
#include "app/own_arguments.h"

#include <algorithm>

namespace souk::app {

bool OwnArguments::flag(std::string_view name) {
  return std::erase(rest_, name) > 0;
}

Result<std::optional<std::string>> OwnArguments::option(std::string_view name) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < rest_.size();) {
    if (rest_[i] == name) {
      if (i + 1 == rest_.size()) return invalid_argument(std::string(name) + " needs a value");
      value = rest_[i + 1];
      rest_.erase(rest_.begin() + static_cast<std::ptrdiff_t>(i), rest_.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    } else if (rest_[i].starts_with(name) && rest_[i].size() > name.size() && rest_[i][name.size()] == '=') {
      value = rest_[i].substr(name.size() + 1);
      rest_.erase(rest_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return value;
}

OwnArguments::Optional OwnArguments::flag_or_option(std::string_view name) {
  const auto place = std::ranges::find(rest_, name);
  if (place == rest_.end()) return {};
  const auto next = place + 1;
  Optional out{true, {}};
  if (next != rest_.end() && !next->starts_with('-')) out.value = *next;
  rest_.erase(place, out.value ? next + 1 : next);
  return out;
}

std::optional<std::string> OwnArguments::first() {
  if (rest_.empty() || rest_[0].starts_with('-')) return std::nullopt;
  std::string value = std::move(rest_[0]);
  rest_.erase(rest_.begin());
  return value;
}

Result<cli::Output> OwnArguments::output() {
  std::optional<std::string> form = SOUK_TRY(option("--output"));
  if (!form) form = SOUK_TRY(option("-o"));
  const bool quiet = flag("--quiet") | flag("-q");
  if (!form) return cli::Output(cli::Format::automatic, quiet);
  if (form == "table") return cli::Output(cli::Format::table, quiet);
  if (form == "json") return cli::Output(cli::Format::json, quiet);
  if (form == "yaml") return cli::Output(cli::Format::yaml, quiet);
  return invalid_argument("-o takes table, json or yaml, not " + *form);
}

}  // namespace souk::app
