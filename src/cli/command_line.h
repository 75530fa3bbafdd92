// SPDX-License-Identifier: Apache-2.0
//
// The whole command line while it is put together. One function a group of nouns; cli.cc calls them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/catalog/catalog_commands.h"
#include "cli/commands.h"
#include "cli/experiments/experiment_commands.h"
#include "cli/serving/bench_command.h"
#include "cli/serving/serving_commands.h"
#include "cli/serving/top_command.h"
#include "cli/serving/tune_command.h"

namespace souk::cli {

using Action = std::function<Status(const Context&)>;

// The whole command line: its options' values, and what the chosen command does.
struct CommandLine {
  CLI::App app{"souk: push a model, deploy it, ask it", "souk"};
  std::string url;
  std::string format;
  bool quiet = false;
  bool yes = false;
  int wait_seconds = -1;
  Action action;                                          // of a command that asks a server
  std::function<Status(const Output& out)> local_action;  // of one that does not

  std::string name;  // positional arguments and options of the commands; one is chosen, so they share
  std::string reference;
  bool follow = false;
  bool no_wait = false;
  ListOptions list;
  PushOptions push;
  PullOptions pull;
  DeployOptions deploy_options;
  InferOptions infer_options;
  BenchOptions bench;
  TopOptions top;
  TuneOptions tune;
  TrafficOptions traffic;
  RolloutOptions rollout;
  KeyOptions key;
  PeopleOptions people;
  SessionOptions session;
  GrantOptions grant;
  AuditOptions audit;
  LoginOptions login;
  QueueOptions queue;
  ImportOptions import;
  OperationOptions operation;
  RunOptions run;
  CatalogOptions catalog;
  FetchOptions fetch;
  CardOptions card;
  std::vector<std::string> words;
  int depth = 10;

  CLI::App* noun(const std::string& noun, const std::string& help) {
    CLI::App* sub = app.add_subcommand(noun, help);
    sub->require_subcommand(1);
    return sub;
  }
  CLI::App* verb(CLI::App* under, const std::string& verb, const std::string& help, Action action) {
    CLI::App* sub = under->add_subcommand(verb, help);
    sub->callback([this, action = std::move(action)] { this->action = action; });
    return sub;
  }
};

void add_list_options(CommandLine& line, CLI::App* sub);
// Deployments, traffic, roll-outs, inference.
void add_serving(CommandLine& line);
// Keys, login, users, sessions, teams, service accounts, grants, the audit log.
void add_access(CommandLine& line);

}  // namespace souk::cli
