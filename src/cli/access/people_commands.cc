// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace souk::cli {
namespace {

struct NewUser {
  std::string name;
  std::optional<std::string> display_name;
  std::optional<std::string> role;
};
BOOST_DESCRIBE_STRUCT(NewUser, (), (name, display_name, role))
struct UserChange {
  std::optional<std::string> state, role;
};
BOOST_DESCRIBE_STRUCT(UserChange, (), (state, role))
struct NewTeam {
  std::string name;
  std::optional<std::string> display_name, owner;
};
BOOST_DESCRIBE_STRUCT(NewTeam, (), (name, display_name, owner))
struct RoleBody {
  std::string role;
};
BOOST_DESCRIBE_STRUCT(RoleBody, (), (role))
struct GrantBody {
  std::string to, role;
};
BOOST_DESCRIBE_STRUCT(GrantBody, (), (to, role))

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string with_heir(std::string path, const PeopleOptions& options) {
  return options.heir.empty() ? path : path + "?heir=" + net::encode_query_value(options.heir);
}

// A whole address out of the path that the server gave.
void print_link(const Context& context, json::Value answer) {
  context.out.print(answer, [&] { return context.remote.url() + cell(answer, "link") + "\n"; });
  context.out.remark("whoever opens the link sets the password of this user; it works once, until " +
                     cell(answer, "expire_time"));
}

// "/api/v1/namespaces/ns/models/m" of "models/ns/m" or "ns/m", "…/deployments/d" of "deployments/ns/d",
// "/api/v1/namespaces/ns" of "ns", "/api/v1" of "server".
Result<std::string> object_path(const std::string& object) {
  if (object == "server") return std::string("/api/v1");
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= object.size();) {
    const std::size_t slash = std::min(object.find('/', from), object.size());
    parts.push_back(object.substr(from, slash - from));
    from = slash + 1;
  }
  if (parts.size() == 1) return api_path({"namespaces", parts[0]});
  if (parts.size() == 2) return api_path({"namespaces", parts[0], "models", parts[1]});
  if (parts.size() == 3 && (parts[0] == "models" || parts[0] == "deployments")) {
    return api_path({"namespaces", parts[1], parts[0], parts[2]});
  }
  return invalid_argument("'" + object + "' is no object that a role is granted on")
      .advise("write server, NAMESPACE, models/NAMESPACE/MODEL or deployments/NAMESPACE/DEPLOYMENT");
}

}  // namespace

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string list_path(std::string path, const ListOptions& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    if (!value.empty()) query.append(query.empty() ? "?" : "&").append(name) += "=" + net::encode_query_value(value);
  };
  add("filter", options.filter);
  add("order_by", options.order_by);
  return path + query;
}

Status user_create(const Context& context, const PeopleOptions& options) {
  NewUser wanted{options.name, unless_empty(options.display_name), std::nullopt};
  if (!options.role.empty()) wanted.role = upper(options.role);
  SOUK_TRY(context.remote.send("POST", api_path({"users"}), json::write(wanted)));
  context.out.remark("made user " + options.name + ", with the namespace " + options.name);
  return user_link(context, options);
}

Status user_list(const Context& context, const ListOptions& options) {
  const json::Document document = SOUK_TRY(context.remote.list(list_path(api_path({"users"}), options), "users"));
  context.out.print(document.root(), [&] {
    return table({{"NAME", "name"},
                  {"DISPLAY NAME", "display_name"},
                  {"STATE", "state"},
                  {"SERVER ROLE", "role"},
                  {"LAST SIGN-IN", "sign_in_time"}},
                 rows_of(document, "users"));
  });
  return {};
}

Status user_link(const Context& context, const PeopleOptions& options) {
  const json::Document document =
      SOUK_TRY(context.remote.send("POST", api_path({"users", options.name}) + ":link", ""));
  print_link(context, document.root());
  return {};
}

Status user_update(const Context& context, const PeopleOptions& options, const std::string& state) {
  UserChange change{unless_empty(state), std::nullopt};
  if (state.empty()) change.role = upper(options.role);
  const json::Document document =
      SOUK_TRY(context.remote.send("PATCH", api_path({"users", options.name}), json::write(change)));
  context.out.print(document.root(), [&] {
    return options.name + " is " + cell(document.root(), "state") + ", server role " + cell(document.root(), "role") +
           "\n";
  });
  return {};
}

Status user_delete(const Context& context, const PeopleOptions& options) {
  SOUK_TRY(context.confirm("delete user " + options.name + " with its keys and grants"));
  SOUK_TRY(context.remote.send("DELETE", with_heir(api_path({"users", options.name}), options), ""));
  context.out.remark("deleted user " + options.name);
  return {};
}

Status team_create(const Context& context, const PeopleOptions& options) {
  const NewTeam wanted{options.name, unless_empty(options.display_name), unless_empty(options.owner)};
  const json::Document document = SOUK_TRY(context.remote.send("POST", api_path({"teams"}), json::write(wanted)));
  context.out.print(document.root(),
                    [&] { return "made team " + options.name + ", with the namespace " + options.name + "\n"; });
  return {};
}

Status team_list(const Context& context, const ListOptions& options) {
  const json::Document document = SOUK_TRY(context.remote.list(list_path(api_path({"teams"}), options), "teams"));
  context.out.print(document.root(), [&] {
    return table(
        {{"NAME", "name"}, {"DISPLAY NAME", "display_name"}, {"MEMBERS", "member_count"}, {"YOUR ROLE", "role"}},
        rows_of(document, "teams"));
  });
  return {};
}

Status team_show(const Context& context, const PeopleOptions& options) {
  const json::Document document =
      SOUK_TRY(context.remote.list(api_path({"teams", options.name, "members"}), "members"));
  context.out.print(document.root(), [&] {
    return table({{"MEMBER", "name"}, {"KIND", "kind"}, {"ROLE", "role"}, {"SINCE", "create_time"}},
                 rows_of(document, "members"));
  });
  return {};
}

Status team_add(const Context& context, const PeopleOptions& options) {
  const std::string path = api_path({"teams", options.name, "members", options.member});
  const json::Document document =
      SOUK_TRY(context.remote.send("PUT", path, json::write(RoleBody{upper(options.role)})));
  context.out.print(document.root(), [&] {
    return options.member + " is " + cell(document.root(), "role") + " in team " + options.name + "\n";
  });
  return {};
}

Status team_remove(const Context& context, const PeopleOptions& options) {
  SOUK_TRY(context.remote.send("DELETE", api_path({"teams", options.name, "members", options.member}), ""));
  context.out.remark(options.member + " left team " + options.name);
  return {};
}

Status team_delete(const Context& context, const PeopleOptions& options) {
  SOUK_TRY(context.confirm("delete team " + options.name));
  SOUK_TRY(context.remote.send("DELETE", with_heir(api_path({"teams", options.name}), options), ""));
  context.out.remark("deleted team " + options.name);
  return {};
}

Status account_create(const Context& context, const PeopleOptions& options) {
  NewUser wanted{options.name, unless_empty(options.display_name), std::nullopt};
  if (!options.role.empty()) wanted.role = upper(options.role);
  const std::string path = api_path({"namespaces", options.namespace_, "service_accounts"});
  const json::Document document = SOUK_TRY(context.remote.send("POST", path, json::write(wanted)));
  context.out.print(document.root(), [&] { return "made service account " + cell(document.root(), "name") + "\n"; });
  context.out.remark("make a key for it: souk key create NAME --for " + options.namespace_ + "/" + options.name);
  return {};
}

Status account_list(const Context& context, const PeopleOptions& options) {
  const json::Document document =
      SOUK_TRY(context.remote.get(api_path({"namespaces", options.namespace_, "service_accounts"})));
  context.out.print(document.root(), [&] {
    return table({{"NAME", "name"}, {"DISPLAY NAME", "display_name"}, {"STATE", "state"}, {"CREATED", "create_time"}},
                 rows_of(document, "service_accounts"));
  });
  return {};
}

Status account_delete(const Context& context, const PeopleOptions& options) {
  SOUK_TRY(context.confirm("delete service account " + options.namespace_ + "/" + options.name + " with its keys"));
  SOUK_TRY(context.remote.send("DELETE", api_path({"namespaces", options.namespace_, "service_accounts", options.name}),
                               ""));
  context.out.remark("deleted service account " + options.namespace_ + "/" + options.name);
  return {};
}

Status grant_create(const Context& context, const GrantOptions& options) {
  const std::string path = SOUK_TRY(object_path(options.object)) + "/grants";
  const json::Document document =
      SOUK_TRY(context.remote.send("POST", path, json::write(GrantBody{options.to, upper(options.role)})));
  context.out.print(document.root(), [&] {
    return options.to + " is " + cell(document.root(), "role") + " on " + cell(document.root(), "on") + "\n";
  });
  return {};
}

Status grant_list(const Context& context, const GrantOptions& options) {
  const json::Document document = SOUK_TRY(context.remote.get(SOUK_TRY(object_path(options.object)) + "/grants"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "grants");
    if (rows.empty()) return std::string("no grants; make one: souk grant create OBJECT TO ROLE\n");
    return table(
        {{"ID", "id"}, {"TO", "to"}, {"KIND", "kind"}, {"ROLE", "role"}, {"BY", "actor"}, {"SINCE", "create_time"}},
        rows);
  });
  return {};
}

Status grant_revoke(const Context& context, const GrantOptions& options) {
  const std::string path = SOUK_TRY(object_path(options.object)) + "/grants/" + net::encode_path_segment(options.id);
  SOUK_TRY(context.remote.send("DELETE", path, ""));
  context.out.remark("took grant " + options.id + " back");
  return {};
}

Status grant_explain(const Context& context, const GrantOptions& options) {
  std::string path = SOUK_TRY(object_path(options.object)) + "/access";
  if (!options.to.empty()) path += "?principal=" + net::encode_query_value(options.to);
  const json::Document document = SOUK_TRY(context.remote.list(path, "principals"));
  context.out.print(document.root(), [&] {
    return table({{"WHO", "name"},
                  {"KIND", "kind"},
                  {"ROLE", "role"},
                  {"BECAUSE", "",
                   [](json::Value row) {
                     std::string out;
                     if (const auto reasons = row.find("because")) {
                       (void)reasons->each_element([&](json::Value one) -> Status {
                         out += (out.empty() ? "" : "; ") + cell(one, "through") + " on " + cell(one, "on") + " (" +
                                cell(one, "role") + ")";
                         return {};
                       });
                     }
                     return out;
                   }}},
                 rows_of(document, "principals"));
  });
  return {};
}

}  // namespace souk::cli
