// SPDX-License-Identifier: Apache-2.0
//
// The commands, one function each; cli.cc gives them to the command line. Each speaks HTTP only and prints on stdout.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"

namespace souk::cli {

struct ListOptions {
  std::string namespace_;  // empty: all that are visible
  std::string filter;
  std::string order_by;
};

struct PushOptions {
  std::string path;
  std::string reference;
  std::vector<std::string> aliases;
  std::vector<std::string> include;
  std::string created_at;
};

struct PullOptions {
  std::string reference;
  std::string folder;  // empty: the model's name
  bool force = false;
};

struct KeyOptions {
  std::string name;  // to rotate: its id
  std::string role;
  std::vector<std::string> namespaces;
  std::vector<std::string> scopes;
  std::string expires_in;
  std::string default_namespace;
  std::string service_account;
  std::string overlap;
};

struct LoginOptions {
  std::string user;  // empty: a key is read
};

struct PeopleOptions {
  std::string name;
  std::string display_name;
  std::string role;
  std::string owner;
  std::string member;
  std::string namespace_;
  std::string heir;
};

struct SessionOptions {
  std::string user;  // empty: one's own
  std::string id;
  bool all = false;
};

struct GrantOptions {
  std::string object;
  std::string to;
  std::string role;
  std::string id;
};

struct AuditOptions {
  std::string namespace_;
  std::string actor;
  std::string object;
  std::string since;
  std::string until;
  std::string filter;
  int limit = 100;
  std::string file;
  std::string head;
};

struct QueueOptions {
  std::string queue;
  std::string item;
  std::string state;
  bool all = false;
};

struct OperationOptions {
  std::string name;  // [namespace/]model[:version]
  std::string image;
  std::string data;  // JSON, @file or - for stdin
};

struct ImportOptions {
  std::string source;
  std::string reference;
  std::string folder;
  std::vector<std::string> aliases;
  bool no_wait = false;
};

Status model_push(const Context& context, const PushOptions& options);
Status model_pull(const Context& context, const PullOptions& options);
Status model_list(const Context& context, const ListOptions& options);
Status model_show(const Context& context, const std::string& model);
Status model_delete(const Context& context, const std::string& model);

// `source` is a file, a URL or a prefix in S3.
Status model_import(const Context& context, const ImportOptions& options);
Status model_imports(const Context& context, const std::string& model);
Status model_cancel_import(const Context& context, const std::string& model, const std::string& import);

Status version_list(const Context& context, const std::string& model);
Status version_show(const Context& context, const std::string& reference);
Status version_archive(const Context& context, const std::string& reference, bool archived);
Status version_delete(const Context& context, const std::string& reference);

Status alias_set(const Context& context, const std::string& alias, const std::string& reference);
Status alias_list(const Context& context, const std::string& model);
Status alias_delete(const Context& context, const std::string& reference);
Status alias_history(const Context& context, const std::string& reference);

Status search(const Context& context, const std::vector<std::string>& words);
// What something came from, and what came of it.
Status lineage(const Context& context, const std::string& of, int depth);

Status key_create(const Context& context, const KeyOptions& options);
Status key_list(const Context& context);
Status key_rotate(const Context& context, const KeyOptions& options);
Status key_revoke(const Context& context, const std::string& id);
Status blobs_migrate(const Context& context, const std::string& target, bool no_wait);
Status blobs_status(const Context& context);

Status queue_list(const Context& context);
Status queue_show(const Context& context, const QueueOptions& options);
Status queue_retry(const Context& context, const QueueOptions& options);
Status queue_drop(const Context& context, const QueueOptions& options);
Status queue_cancel(const Context& context, const QueueOptions& options);
Status schedule_list(const Context& context);
Status node_list(const Context& context);
Status operation_create(const Context& context, const OperationOptions& options);
Status operation_list(const Context& context, const ListOptions& options);
Status operation_show(const Context& context, const std::string& uid);
Status operation_watch(const Context& context, const std::string& uid);
Status operation_cancel(const Context& context, const std::string& uid);
Status model_runs(const Context& context, const std::string& model);
// Reads a key, or the user's password, from stdin, and saves a key when the server takes it.
Status login(const Output& out, const std::string& url, const LoginOptions& options);
Status logout(const Output& out);

Status user_create(const Context& context, const PeopleOptions& options);
Status user_list(const Context& context, const ListOptions& options);
Status user_link(const Context& context, const PeopleOptions& options);
// Sets the state, or (empty) the role on the server.
Status user_update(const Context& context, const PeopleOptions& options, const std::string& state);
Status user_delete(const Context& context, const PeopleOptions& options);
Status session_list(const Context& context, const SessionOptions& options);
Status session_revoke(const Context& context, const SessionOptions& options);
// Changes one's own; the old and the new one are read from stdin.
Status user_password(const Context& context);
Status team_create(const Context& context, const PeopleOptions& options);
Status team_list(const Context& context, const ListOptions& options);
Status team_show(const Context& context, const PeopleOptions& options);
Status team_add(const Context& context, const PeopleOptions& options);
Status team_remove(const Context& context, const PeopleOptions& options);
Status team_delete(const Context& context, const PeopleOptions& options);
Status account_create(const Context& context, const PeopleOptions& options);
Status account_list(const Context& context, const PeopleOptions& options);
Status account_delete(const Context& context, const PeopleOptions& options);
Status grant_create(const Context& context, const GrantOptions& options);
Status grant_list(const Context& context, const GrantOptions& options);
Status grant_revoke(const Context& context, const GrantOptions& options);
Status grant_explain(const Context& context, const GrantOptions& options);
Status audit_list(const Context& context, const AuditOptions& options);
Status audit_export(const Context& context);
Status audit_verify(const Context& context, const AuditOptions& options);

std::string upper(std::string text);
// A line from stdin, without echo on a terminal.
Result<std::string> read_secret(const std::string& prompt);
// The path with the options' filter and order as its query.
std::string list_path(std::string path, const ListOptions& options);

}  // namespace souk::cli
