// SPDX-License-Identifier: Apache-2.0
//
// souk experiment … and souk run …: a run is named [namespace/]experiment/run, the run by its id, uid or name.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace souk::cli {

struct RunOptions {
  std::string experiment;  // [namespace/]experiment
  std::string run;         // [namespace/]experiment/run
  std::string name;
  std::string parent;
  std::string status = "FINISHED";
  std::vector<std::string> metrics;     // name=value[@step]
  std::string time;                     // of the metrics, RFC 3339; empty: now
  std::vector<std::string> parameters;  // name=value
  std::vector<std::string> inputs;      // name=source
  std::vector<std::string> artifacts;   // name=uri
  std::vector<std::string> tags;        // name=value
  int points = 20;
  bool cascade = false;
};

Status experiment_create(const Context& context, const RunOptions& options);
Status experiment_list(const Context& context, const ListOptions& options);
Status experiment_show(const Context& context, const RunOptions& options);
Status experiment_delete(const Context& context, const RunOptions& options);

Status run_start(const Context& context, const RunOptions& options);
Status run_log(const Context& context, const RunOptions& options);
Status run_finish(const Context& context, const RunOptions& options);
Status run_list(const Context& context, const RunOptions& options, const ListOptions& list);
Status run_show(const Context& context, const RunOptions& options);
Status run_metrics(const Context& context, const RunOptions& options);
Status run_watch(const Context& context, const RunOptions& options);
Status run_delete(const Context& context, const RunOptions& options);

}  // namespace souk::cli
