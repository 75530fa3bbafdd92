// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace souk::cli {
namespace {

struct PasswordRequest {
  std::string old_password, new_password;
};
BOOST_DESCRIBE_STRUCT(PasswordRequest, (), (old_password, new_password))

std::string sessions_path(const SessionOptions& options) {
  const std::string path = api_path({"sessions"});
  return options.user.empty() ? path : path + "?user=" + net::encode_query_value(options.user);
}

}  // namespace

Status session_list(const Context& context, const SessionOptions& options) {
  const json::Document document = SOUK_TRY(context.remote.get(sessions_path(options)));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "sessions");
    if (rows.empty()) return std::string("no sessions\n");
    return table({{"ID", "id"},
                  {"SINCE", "create_time"},
                  {"LAST USED", "last_use_time"},
                  {"ENDS", "expire_time"},
                  {"FROM", "address"},
                  {"BROWSER", "user_agent"}},
                 rows);
  });
  return {};
}

Status session_revoke(const Context& context, const SessionOptions& options) {
  if (options.all != options.id.empty()) {
    return invalid_argument("either the id of a session or --all").advise("souk session list");
  }
  if (options.all) {
    SOUK_TRY(context.confirm("end all sessions of " + (options.user.empty() ? "yours" : options.user)));
    SOUK_TRY(context.remote.send("DELETE", sessions_path(options), ""));
    context.out.remark("ended all sessions of " + (options.user.empty() ? std::string("yours") : options.user));
    return {};
  }
  SOUK_TRY(context.remote.send("DELETE", api_path({"sessions", options.id}), ""));
  context.out.remark("ended session " + options.id);
  return {};
}

Status user_password(const Context& context) {
  const std::string before = SOUK_TRY(read_secret("old password: "));
  const std::string after = SOUK_TRY(read_secret("new password: "));
  SOUK_TRY(context.remote.send("POST", api_path({"session"}) + ":change_password",
                               json::write(PasswordRequest{before, after})));
  context.out.remark("the password is changed; other sessions have ended");
  return {};
}

}  // namespace souk::cli
