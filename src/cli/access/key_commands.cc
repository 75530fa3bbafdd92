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

struct KeyScope {
  std::vector<std::string> actions;
  std::optional<std::string> namespace_, model, deployment;
};
BOOST_DESCRIBE_STRUCT(KeyScope, (), (actions, namespace_, model, deployment))

struct KeyRequest {
  std::string name;
  std::optional<std::string> role;
  std::optional<std::vector<std::string>> namespaces;
  std::optional<std::vector<KeyScope>> scopes;
  std::optional<std::string> expires_in, default_namespace, service_account;
};
BOOST_DESCRIBE_STRUCT(KeyRequest, (), (name, role, namespaces, scopes, expires_in, default_namespace, service_account))

struct RotateRequest {
  std::optional<std::string> overlap;
};
BOOST_DESCRIBE_STRUCT(RotateRequest, (), (overlap))

struct SignInRequest {
  std::string name, password;
};
BOOST_DESCRIBE_STRUCT(SignInRequest, (), (name, password))

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// "infer:deployments/default/digits", "read,write:default", "read"
KeyScope scope_of(const std::string& text) {
  KeyScope scope;
  const std::size_t colon = std::min(text.find(':'), text.size());
  for (std::size_t from = 0; from <= colon;) {
    const std::size_t comma = std::min(text.find(',', from), colon);
    scope.actions.push_back(upper(text.substr(from, comma - from)));
    from = comma + 1;
  }
  if (colon == text.size()) return scope;
  const std::string object = text.substr(colon + 1);
  if (object.starts_with("models/")) {
    scope.model = object.substr(7);
  } else if (object.starts_with("deployments/")) {
    scope.deployment = object.substr(12);
  } else {
    scope.namespace_ = object;
  }
  return scope;
}

void print_key(const Context& context, json::Value made) {
  context.out.print(made, [&] { return cell(made, "key") + "\n"; });
  context.out.remark("the key is shown only now; keep it, or revoke it: souk key revoke " + cell(made, "id"));
}

Result<std::string> read_key(const std::string& url) {
  std::string line = SOUK_TRY(read_secret("key for " + url + ": "));
  while (line.ends_with(' ')) line.pop_back();
  if (line.empty()) return invalid_argument("no key was given").advise("souk login < FILE-WITH-THE-KEY");
  const bool token = std::all_of(line.begin(), line.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!token) return invalid_argument("a key is one word of plain characters").advise("souk login");
  return line;
}

std::string host_name() {
  char name[256] = "this machine";
  ::gethostname(name, sizeof name - 1);
  return name;
}

// Signs in, makes a key for this machine in the session, and signs out.
Result<std::string> key_by_password(const std::string& url, const std::string& user) {
  const std::string password = SOUK_TRY(read_secret("password of " + user + " at " + url + ": "));
  Remote remote(url, "");
  net::ClientRequest request;
  request.method = "POST";
  request.url = api_path({"session"});
  request.headers = {{"Content-Type", "application/json"}};
  request.body = json::write(SignInRequest{user, password});
  const net::ClientResponse signed_in = SOUK_TRY(remote.exchange(std::move(request)));
  if (signed_in.status != 201) return error_of(signed_in, "sign in");
  const json::Document session = SOUK_TRY(json::Document::parse(signed_in.body));
  std::string cookies;
  for (const net::Header& header : signed_in.headers) {
    std::string name = header.name;
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name == "set-cookie") cookies += (cookies.empty() ? "" : "; ") + header.value.substr(0, header.value.find(';'));
  }
  const std::vector<net::Header> headers{{"Cookie", cookies}, {"X-Souk-CSRF", cell(session.root(), "csrf_token")}};
  KeyRequest wanted;
  wanted.name = "souk login on " + host_name();
  wanted.expires_in = "90d";
  const auto made = remote.send("POST", api_path({"api_keys"}), json::write(wanted), headers);
  (void)remote.send("DELETE", api_path({"session"}), "", headers);
  if (!made) return made.error();
  return cell(made->root(), "key");
}

}  // namespace

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
  while (line.ends_with('\r')) line.pop_back();
  return line;
}

Status key_create(const Context& context, const KeyOptions& options) {
  KeyRequest request;
  request.name = options.name;
  if (!options.role.empty()) request.role = upper(options.role);
  if (!options.namespaces.empty()) request.namespaces = options.namespaces;
  if (!options.scopes.empty()) request.scopes.emplace();
  for (const std::string& scope : options.scopes) request.scopes->push_back(scope_of(scope));
  request.expires_in = unless_empty(options.expires_in);
  request.default_namespace = unless_empty(options.default_namespace);
  request.service_account = unless_empty(options.service_account);
  const json::Document document = SOUK_TRY(context.remote.send("POST", api_path({"api_keys"}), json::write(request)));
  print_key(context, document.root());
  return {};
}

Status key_rotate(const Context& context, const KeyOptions& options) {
  const json::Document document =
      SOUK_TRY(context.remote.send("POST", api_path({"api_keys", options.name}) + ":rotate",
                                   json::write(RotateRequest{unless_empty(options.overlap)})));
  print_key(context, document.root());
  context.out.remark("key " + options.name + " works on for " + (options.overlap.empty() ? "1h" : options.overlap));
  return {};
}

Status key_list(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"api_keys"})));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "api_keys");
    if (rows.empty()) return std::string("no keys; make one: souk key create NAME\n");
    return table({{"ID", "id"},
                  {"NAME", "name"},
                  {"WHOSE", "principal"},
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

Status login(const Output& out, const std::string& url, const LoginOptions& options) {
  Login login = SOUK_TRY(find_login(url));
  login.key = SOUK_TRY(options.user.empty() ? read_key(login.url) : key_by_password(login.url, options.user));
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
