// SPDX-License-Identifier: Apache-2.0
//
// The command lines of who may do what: keys and login, users, teams, service accounts, grants, the audit log.
#include "cli/command_line.h"

namespace souk::cli {
namespace {

constexpr const char* kObject = "server, NAMESPACE, models/NAMESPACE/MODEL or deployments/NAMESPACE/DEPLOYMENT";
constexpr const char* kRole = "reader, executor, writer, admin or owner";

void add_keys(CommandLine& line) {
  CLI::App* key = line.noun("key", "API keys: create, list, rotate, revoke");
  CLI::App* create = line.verb(key, "create", "Make a key; it is shown once",
                               [&line](const Context& c) { return key_create(c, line.key); });
  create->add_option("name", line.key.name, "What it is for")->required();
  create->add_option("--role", line.key.role, kRole);
  create->add_option("-n,--namespace", line.key.namespaces, "Only for this namespace")->allow_extra_args(false);
  create
      ->add_option("--scope", line.key.scopes,
                   "ACTION[,ACTION…][:OBJECT], instead of a role: read, infer, write, manage, own on NAMESPACE, "
                   "models/NAMESPACE/MODEL or deployments/NAMESPACE/DEPLOYMENT")
      ->allow_extra_args(false);
  create->add_option("--expires-in", line.key.expires_in, "Such as 30d");
  create->add_option("--default-namespace", line.key.default_namespace,
                     "Where names without a namespace are looked up");
  create->add_option("--for", line.key.service_account, "The service account whose key it is, as namespace/name");
  line.verb(key, "list", "List keys", [](const Context& c) { return key_list(c); });
  CLI::App* rotate = line.verb(key, "rotate", "Replace a key; the old one works on for a while",
                               [&line](const Context& c) { return key_rotate(c, line.key); });
  rotate->add_option("id", line.key.name, "Its id")->required();
  rotate->add_option("--overlap", line.key.overlap, "How long the old one works on (default: 1h)");
  line.verb(key, "revoke", "Revoke a key", [&line](const Context& c) { return key_revoke(c, line.name); })
      ->add_option("id", line.name, "Its id")
      ->required();
  CLI::App* in = line.app.add_subcommand("login", "Save a server and a key (the key or the password from stdin)");
  in->add_option("--user", line.login.user, "Sign in as this user, with its password, and make a key for this machine");
  in->callback(
      [&line] { line.local_action = [&line](const Output& out) { return login(out, line.url, line.login); }; });
  line.app.add_subcommand("logout", "Forget the saved server and key")->callback([&line] {
    line.local_action = logout;
  });
}

void add_users(CommandLine& line) {
  CLI::App* user = line.noun("user", "Users: create, list, link, role, disable, enable, password, delete");
  const auto add = [&](const char* verb, const char* help, Status (*run)(const Context&, const PeopleOptions&)) {
    CLI::App* sub = line.verb(user, verb, help, [&line, run](const Context& c) { return run(c, line.people); });
    sub->add_option("name", line.people.name, "Its name")->required();
    return sub;
  };
  CLI::App* create = add("create", "Make a user, and a link that sets its password", user_create);
  create->add_option("--display-name", line.people.display_name, "As it is shown");
  create->add_option("--server-role", line.people.role, "A role on the whole server, such as admin (default: none)");
  add_list_options(
      line, line.verb(user, "list", "List users", [&line](const Context& c) { return user_list(c, line.list); }));
  add("link", "Make a link that sets a user's password once", user_link);
  add("role", "Set a user's role on the whole server",
      [](const Context& c, const PeopleOptions& o) { return user_update(c, o, ""); })
      ->add_option("role", line.people.role, "none, reader, executor, writer, admin or owner")
      ->required();
  add("disable", "Let a user in no more; its keys and sessions stop",
      [](const Context& c, const PeopleOptions& o) { return user_update(c, o, "DISABLED"); });
  add("enable", "Let a user in again",
      [](const Context& c, const PeopleOptions& o) { return user_update(c, o, "ACTIVE"); });
  line.verb(user, "password", "Change your own password (the old and the new one from stdin); other sessions end",
            [](const Context& c) { return user_password(c); });
  add("delete", "Delete a user", user_delete)
      ->add_option("--heir", line.people.heir, "Who gets its namespaces (default: you)");
}

void add_sessions(CommandLine& line) {
  CLI::App* session = line.noun("session", "Browsers that are signed in: list, revoke");
  CLI::App* list = line.verb(session, "list", "List your sessions",
                             [&line](const Context& c) { return session_list(c, line.session); });
  CLI::App* revoke = line.verb(session, "revoke", "End a session",
                               [&line](const Context& c) { return session_revoke(c, line.session); });
  for (CLI::App* sub : {list, revoke}) {
    sub->add_option("--user", line.session.user, "Of this user; takes an administrator (default: you)");
  }
  revoke->add_option("id", line.session.id, "Its id");
  revoke->add_flag("--all", line.session.all, "All of them");
}

void add_teams(CommandLine& line) {
  CLI::App* team = line.noun("team", "Teams: create, list, show, add, remove, delete");
  const auto add = [&](const char* verb, const char* help, Status (*run)(const Context&, const PeopleOptions&)) {
    CLI::App* sub = line.verb(team, verb, help, [&line, run](const Context& c) { return run(c, line.people); });
    sub->add_option("name", line.people.name, "Its name")->required();
    return sub;
  };
  CLI::App* create = add("create", "Make a team", team_create);
  create->add_option("--display-name", line.people.display_name, "As it is shown");
  create->add_option("--owner", line.people.owner, "Its first member (default: you)");
  add_list_options(
      line, line.verb(team, "list", "List teams", [&line](const Context& c) { return team_list(c, line.list); }));
  add("show", "List the members of a team", team_show);
  CLI::App* member = add("add", "Add a member, or change its role", team_add);
  member->add_option("member", line.people.member, "A user, or a service account as namespace/name")->required();
  member->add_option("role", line.people.role, kRole)->required();
  add("remove", "Take a member out", team_remove)->add_option("member", line.people.member, "Its name")->required();
  add("delete", "Delete a team", team_delete)
      ->add_option("--heir", line.people.heir, "Who gets its namespaces (default: you)");
}

void add_accounts(CommandLine& line) {
  CLI::App* account = line.noun("account", "Service accounts of a namespace: create, list, delete");
  const auto add = [&](const char* verb, const char* help, Status (*run)(const Context&, const PeopleOptions&)) {
    CLI::App* sub = line.verb(account, verb, help, [&line, run](const Context& c) { return run(c, line.people); });
    sub->add_option("namespace", line.people.namespace_, "Its namespace")->required();
    return sub;
  };
  CLI::App* create = add("create", "Make a service account", account_create);
  create->add_option("name", line.people.name, "Its name")->required();
  create->add_option("--display-name", line.people.display_name, "As it is shown");
  create->add_option("--role", line.people.role, "On its namespace (default: none)");
  add("list", "List service accounts", account_list);
  add("delete", "Delete a service account with its keys", account_delete)
      ->add_option("name", line.people.name, "Its name")
      ->required();
}

void add_grants(CommandLine& line) {
  CLI::App* grant = line.noun("grant", "Who may do what: create, list, revoke, explain");
  const auto add = [&](const char* verb, const char* help, Status (*run)(const Context&, const GrantOptions&)) {
    CLI::App* sub = line.verb(grant, verb, help, [&line, run](const Context& c) { return run(c, line.grant); });
    sub->add_option("object", line.grant.object, kObject)->required();
    return sub;
  };
  CLI::App* create = add("create", "Grant a role on an object", grant_create);
  create->add_option("to", line.grant.to, "A user, a team, a service account or everyone")->required();
  create->add_option("role", line.grant.role, kRole)->required();
  add("list", "List the grants on an object", grant_list);
  add("revoke", "Take a grant back", grant_revoke)->add_option("id", line.grant.id, "Its id")->required();
  add("explain", "Who may do what with an object, and why", grant_explain)
      ->add_option("who", line.grant.to, "Only of this one");
}

void add_audit(CommandLine& line) {
  CLI::App* audit = line.noun("audit", "The audit log: list, export, verify");
  CLI::App* list = line.verb(audit, "list", "Who did what, and what was refused, the newest first",
                             [&line](const Context& c) { return audit_list(c, line.audit); });
  list->add_option("-n,--namespace", line.audit.namespace_, "Only of this namespace");
  list->add_option("--actor", line.audit.actor, "Only of this user or service account");
  list->add_option("--object", line.audit.object, "Only of this object");
  list->add_option("--since", line.audit.since, "From this time on, RFC 3339");
  list->add_option("--until", line.audit.until, "Before this time, RFC 3339");
  list->add_option("--filter", line.audit.filter, "Which, such as: outcome = 'REFUSED'");
  list->add_option("--limit", line.audit.limit, "At most so many (default: 100)")->check(CLI::Range(1, 100'000));
  line.verb(audit, "export", "Print the whole log as JSON lines, in the order of its chain",
            [](const Context& c) { return audit_export(c); });
  CLI::App* verify = line.verb(audit, "verify", "Compute the chain anew: finds rows altered, missing or out of order",
                               [&line](const Context& c) { return audit_verify(c, line.audit); });
  verify->add_option("--file", line.audit.file, "An export, instead of the server");
  verify->add_option("--head", line.audit.head, "A link of an earlier run, which must still be there");
}

}  // namespace

void add_access(CommandLine& line) {
  add_keys(line);
  add_users(line);
  add_sessions(line);
  add_teams(line);
  add_accounts(line);
  add_grants(line);
  add_audit(line);
}

}  // namespace souk::cli
