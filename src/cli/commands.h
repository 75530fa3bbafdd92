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

struct DeployOptions {
  std::string reference;
  std::string name;
  bool follow = false;
  bool no_wait = false;
};

struct InferOptions {
  std::string deployment;
  std::string image;
  std::string data;                 // JSON, @file or - for stdin
  std::vector<std::string> inputs;  // name=JSON, name=@file
};

struct KeyOptions {
  std::string name;
  std::string role;
  std::vector<std::string> namespaces;
  std::string expires_in;
};

struct QueueOptions {
  std::string queue;
  std::string item;
  std::string state;
  bool all = false;
};

Status model_push(const Context& context, const PushOptions& options);
Status model_pull(const Context& context, const PullOptions& options);
Status model_list(const Context& context, const ListOptions& options);
Status model_show(const Context& context, const std::string& model);
Status model_delete(const Context& context, const std::string& model);

Status version_list(const Context& context, const std::string& model);
Status version_show(const Context& context, const std::string& reference);
Status version_archive(const Context& context, const std::string& reference, bool archived);
Status version_delete(const Context& context, const std::string& reference);

Status alias_set(const Context& context, const std::string& alias, const std::string& reference);
Status alias_list(const Context& context, const std::string& model);
Status alias_delete(const Context& context, const std::string& reference);
Status alias_history(const Context& context, const std::string& reference);

Status deploy(const Context& context, const DeployOptions& options);
Status undeploy(const Context& context, const std::string& deployment);
Status deployment_list(const Context& context, const ListOptions& options);
Status deployment_show(const Context& context, const std::string& deployment);
Status logs(const Context& context, const std::string& deployment, bool follow);

Status infer(const Context& context, const InferOptions& options);

Status key_create(const Context& context, const KeyOptions& options);
Status key_list(const Context& context);
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
// Reads the key from stdin and saves it when the server takes it.
Status login(const Output& out, const std::string& url);
Status logout(const Output& out);

}  // namespace souk::cli
