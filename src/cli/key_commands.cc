// SPDX-License-Identifier: Apache-2.0
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "cli/commands.h"
#include "cli/login.h"

namespace souk::cli {
namespace {

struct KeyRequest {
  std::string name;
  std::optional<std::string> role;
  std::optional<std::vector<std::string>> namespaces;
  std::optional<std::string> expires_in;
};
BOOST_DESCRIBE_STRUCT(KeyRequest, (), (name, role, namespaces, expires_in))

// A line from stdin, without echo on a terminal.
Result<std::string> read_secret(const std::string& prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  termios before{};
  if (terminal) {
    std::fputs(prompt.c_str(), stderr);
    ::tcgetattr(STDIN_FILENO, &before);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fputs("\n", stderr);
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty()) return invalid_argument("no key was given").advise("souk login < FILE-WITH-THE-KEY");
  const bool token = std::all_of(line.begin(), line.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!token) return invalid_argument("a key is one word of plain characters").advise("souk login");
  return line;
}

}  // namespace

Status key_create(const Context& context, const KeyOptions& options) {
  KeyRequest request{options.name, std::nullopt, std::nullopt, std::nullopt};
  if (!options.role.empty()) {
    request.role = options.role;
    for (char& c : *request.role) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (!options.namespaces.empty()) request.namespaces = options.namespaces;
  if (!options.expires_in.empty()) request.expires_in = options.expires_in;
  const json::Document document = SOUK_TRY(context.remote.send("POST", api_path({"api_keys"}), json::write(request)));
  context.out.print(document.root(), [&] { return cell(document.root(), "key") + "\n"; });
  context.out.remark("the key is shown only now; keep it, or revoke it: souk key revoke " +
                     cell(document.root(), "id"));
  return {};
}

Status key_list(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"api_keys"})));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "api_keys");
    if (rows.empty()) return std::string("no keys; make one: souk key create NAME\n");
    return table({{"ID", "id"},
                  {"NAME", "name"},
                  {"ROLE", "role"},
                  {"NAMESPACES", "namespaces"},
                  {"CREATED", "create_time"},
                  {"EXPIRES", "expire_time"},
                  {"LAST USED", "last_use_time"}},
                 rows);
  });
  return {};
}

Status key_revoke(const Context& context, const std::string& id) {
  SOUK_TRY(context.confirm("revoke key " + id));
  SOUK_TRY(context.remote.send("DELETE", api_path({"api_keys", id}), ""));
  context.out.remark("revoked key " + id);
  return {};
}

Status login(const Output& out, const std::string& url) {
  Login login = SOUK_TRY(find_login(url));
  login.key = SOUK_TRY(read_secret("key for " + login.url + ": "));
  Remote remote(login.url, login.key);
  const json::Document who = SOUK_TRY(remote.get(api_path({"whoami"})));
  SOUK_TRY(save_login(login_file(), login));
  out.remark("logged in to " + login.url + " as " + cell(who.root(), "name") + "; saved in " + login_file().string());
  return {};
}

Status logout(const Output& out) {
  std::error_code error;
  const bool removed = std::filesystem::remove(login_file(), error);
  if (error) return unavailable("cannot remove " + login_file().string() + ": " + error.message());
  out.remark(removed ? "removed " + login_file().string() : "there was no saved login");
  return {};
}

}  // namespace souk::cli
