// SPDX-License-Identifier: Apache-2.0
//
// Which server the commands speak to, and with which key: SOUK_URL and SOUK_KEY, else the saved login, else the local
// server without a key. A saved key goes only to the server that it was saved for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace souk::cli {

inline constexpr std::string_view kLocalUrl = "http://127.0.0.1:8080";

struct Login {
  std::string url;
  std::string key;
};

// $XDG_CONFIG_HOME/souk/login.json, or ~/.config/souk/login.json.
std::filesystem::path login_file();

// Nothing saved is no error. Errors: failed_precondition (others may read it), invalid_argument (its text)
Result<std::optional<Login>> load_login(const std::filesystem::path& file);
// Writes it with mode 0600, at once or not at all.
Status save_login(const std::filesystem::path& file, const Login& login);

// `url` is --url; empty: not given.
Result<Login> find_login(const std::string& url);

}  // namespace souk::cli
