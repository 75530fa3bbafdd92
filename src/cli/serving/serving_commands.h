// SPDX-License-Identifier: Apache-2.0
//
// souk deploy, undeploy, deployment, traffic, rollout, logs and infer.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace souk::cli {

// What is kept with a deployment and changes while it runs; an empty one is not said.
struct DeploymentSettings {
  bool pinned = false, no_pinned = false;
  std::string scale_to_zero;      // a duration, or never
  std::string sessions, threads;  // a number, or usual
  // How requests are joined.
  bool usual_batching = false;  // as the version says
  std::int64_t max_batch_size = -1, max_queue_size = -1, priority_levels = -1, default_priority_level = -1;
  std::vector<std::int64_t> preferred_batch_size;
  std::string max_queue_delay, queue_timeout;  // durations
};

struct DeployOptions {
  std::string reference;
  std::string name;
  bool follow = false;
  bool no_wait = false;
  int traffic = -1;  // percent; -1: not given
  // How the next revision takes over; none of them: as the deployment says already.
  std::string strategy;  // JSON or @FILE, instead of the others
  bool immediate = false;
  bool blue_green = false;
  std::string canary;   // "5:2m,25:5m,50"
  std::string preview;  // of blue-green: a duration, or manual
  std::string keep, ready_timeout;
  std::vector<std::string> checks;
  int shadow = -1;
  int min_requests = -1;
  // What decides on a request besides weights.
  std::string sticky;              // key, header:NAME or none
  std::vector<std::string> match;  // header:NAME=VALUE[@REVISION], key:ID[@REVISION]
  double tolerance = -1;
  double absolute_tolerance = -1;
  DeploymentSettings settings;
};

struct TrafficOptions {
  std::string deployment;
  std::vector<std::string> shares;   // REVISION=PERCENT
  std::vector<std::string> shadows;  // REVISION=PERCENT
};

struct RolloutOptions {
  std::string deployment;
  int number = 0;  // 0: the newest
};

struct InferOptions {
  std::string deployment;
  std::string image;
  std::string data;                 // JSON, @file or - for stdin
  std::vector<std::string> inputs;  // name=JSON, name=@file
};

Status deploy(const Context& context, const DeployOptions& options);
Status undeploy(const Context& context, const std::string& deployment);
Status deployment_list(const Context& context, const ListOptions& options);
Status deployment_show(const Context& context, const std::string& deployment);
Status deployment_set(const Context& context, const std::string& deployment, const DeploymentSettings& settings);
Status logs(const Context& context, const std::string& deployment, bool follow);
Status infer(const Context& context, const InferOptions& options);

// Without shares it is shown.
Status traffic(const Context& context, const TrafficOptions& options);

// With --wait: once it is over.
Status rollout_status(const Context& context, const RolloutOptions& options);
Status rollout_history(const Context& context, const RolloutOptions& options);
// `verb` is pause, resume, promote or abort.
Status rollout_move(const Context& context, const RolloutOptions& options, const std::string& verb);

}  // namespace souk::cli
