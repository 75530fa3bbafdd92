// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"
#include "cli/serving/serving_commands.h"

namespace souk::cli {
namespace {

constexpr const char* kReference = "[namespace/]model[:tag|@alias|@sha256:…]";
constexpr const char* kDeployment = "[namespace/]deployment";

void add_strategy(CLI::App* app, DeployOptions& o) {
  const char* group = "How the next revision takes over (kept with the deployment)";
  app->add_option("--canary", o.canary,
                  "In steps of PERCENT:DURATION, such as 5:2m,25:5m,50; without a duration it waits")
      ->group(group);
  app->add_flag("--blue-green", o.blue_green, "Ready without requests first, then all at once")->group(group);
  app->add_flag("--immediate", o.immediate, "As soon as it is ready (the default)")->group(group);
  app->add_option("--preview", o.preview, "Of --blue-green: how long before the switch, or manual")->group(group);
  app->add_option("--keep", o.keep, "How long the revision before stays ready afterwards, for an instant way back")
      ->group(group);
  app->add_option("--check", o.checks,
                  "Roll back unless: error_rate<=1%, p50|p95|p99<=50ms or <=1.2x (of the revision before), "
                  "disagreement<=1%, or \"URL METRIC{LABEL=\\\"VALUE\\\"}>=0.9\"")
      ->allow_extra_args(false)
      ->group(group);
  app->add_option("--shadow", o.shadow, "Percent of the requests that are copied to it, to count disagreement")
      ->check(CLI::Range(0, 100))
      ->group(group);
  app->add_option("--min-requests", o.min_requests, "A step is judged, and ends, only after so many")
      ->check(CLI::Range(0, 1'000'000'000))
      ->group(group);
  app->add_option("--ready-timeout", o.ready_timeout, "By when it must be ready everywhere (default: 10m)")
      ->group(group);
  app->add_option("--strategy", o.strategy, "All of it as the API's JSON, or @FILE")->group(group);
}

void add_settings(CLI::App* app, DeploymentSettings& o) {
  const char* group = "Memory (kept with the deployment; changes as it runs)";
  CLI::Option* pinned = app->add_flag("--pinned", o.pinned, "Never unload it to make room for others")->group(group);
  app->add_flag("--no-pinned", o.no_pinned, "It may be unloaded while idle (the default)")
      ->excludes(pinned)
      ->group(group);
  app->add_option(
         "--scale-to-zero", o.scale_to_zero,
         "Unload it after so long without a request; the next one loads it. A duration, or never (the default)")
      ->group(group);
  const char* cores =
      "How it uses the cores (kept with the deployment; it is loaded again for that, between two requests)";
  app->add_option("--sessions", o.sessions, "Copies of the model that requests spread over, or usual")->group(cores);
  app->add_option("--threads", o.threads, "Threads of one run, or usual: as the version says, or as measured")
      ->group(cores);
  const char* batching = "How requests are joined, in place of what the version says (likewise)";
  app->add_option("--max-batch-size", o.max_batch_size, "Rows of a batch; 1: requests are not joined")->group(batching);
  app->add_option("--preferred-batch-size", o.preferred_batch_size, "Sizes at which the model is quick, as 8,32")
      ->delimiter(',')
      ->group(batching);
  app->add_option("--max-queue-delay", o.max_queue_delay,
                  "How long the oldest is held for a fuller batch while another runs, as 500us")
      ->group(batching);
  app->add_option("--max-queue-size", o.max_queue_size, "Requests that may wait")->group(batching);
  app->add_option("--queue-timeout", o.queue_timeout, "What waits longer is dropped, as 200ms")->group(batching);
  app->add_option("--priority-levels", o.priority_levels, "Levels that a request's priority chooses from")
      ->group(batching);
  app->add_option("--default-priority-level", o.default_priority_level, "Of a request that names none")
      ->group(batching);
  app->add_flag("--usual-batching", o.usual_batching, "All of it as the version says again")->group(batching);
}

void add_routing(CLI::App* app, DeployOptions& o) {
  const char* group = "Which revision a request gets (kept with the deployment)";
  app->add_option("--sticky", o.sticky, "The same revision for the same: key, header:NAME, or none")->group(group);
  app->add_option("--match", o.match, "header:NAME=VALUE or key:ID goes to the newest revision, or to @REVISION")
      ->allow_extra_args(false)
      ->group(group);
  app->add_option("--tolerance", o.tolerance, "How far a copy's numbers may differ, relatively (default: 1e-3)")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  app->add_option("--absolute-tolerance", o.absolute_tolerance, "And absolutely (default: 1e-5)")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  app->add_option("--traffic", o.traffic, "Percent that the new revision gets at once, without a roll-out")
      ->check(CLI::Range(0, 100))
      ->group(group);
}

void add_deploy(CommandLine& line) {
  CLI::App* app = line.verb(&line.app, "deploy", "Serve a version under a name",
                            [&line](const Context& c) { return deploy(c, line.deploy_options); });
  app->add_option("reference", line.deploy_options.reference, kReference)->required();
  app->add_option("--name", line.deploy_options.name, "[namespace/]deployment (default: the model's name)");
  app->add_flag("--follow", line.deploy_options.follow, "Roll when the alias moves");
  app->add_flag("--no-wait", line.deploy_options.no_wait, "Do not wait until it answers");
  add_strategy(app, line.deploy_options);
  add_routing(app, line.deploy_options);
  add_settings(app, line.deploy_options.settings);
  line.verb(&line.app, "undeploy", "Stop serving", [&line](const Context& c) { return undeploy(c, line.name); })
      ->add_option("deployment", line.name, kDeployment)
      ->required();
}

void add_rollouts(CommandLine& line) {
  CLI::App* app = line.verb(&line.app, "traffic", "Show or say how traffic is shared among revisions",
                            [&line](const Context& c) { return traffic(c, line.traffic); });
  app->add_option("deployment", line.traffic.deployment, kDeployment)->required();
  app->add_option("shares", line.traffic.shares, "REVISION=PERCENT, all together 100");
  app->add_option("--shadow", line.traffic.shadows, "REVISION=PERCENT of the others' requests that are copied to it")
      ->allow_extra_args(false);
  CLI::App* rollout = line.noun("rollout", "Roll-outs: status, pause, resume, promote, abort, history");
  const auto add = [&](const char* verb, const char* help, Action action) {
    CLI::App* sub = line.verb(rollout, verb, help, std::move(action));
    sub->add_option("deployment", line.rollout.deployment, kDeployment)->required();
    return sub;
  };
  const auto move = [&](const char* verb, const char* help) {
    return add(verb, help, [&line, verb](const Context& c) { return rollout_move(c, line.rollout, verb); });
  };
  for (CLI::App* one :
       {add("status", "How far a roll-out is; with --wait until it is over",
            [&line](const Context& c) { return rollout_status(c, line.rollout); }),
        move("pause", "Stop its clock; it is judged all the same"), move("resume", "Go on"),
        move("promote", "Give the new revision all requests now"), move("abort", "Go back to the revision before")}) {
    one->add_option("--rollout", line.rollout.number, "Its number (default: the newest)")
        ->check(CLI::Range(1, 1'000'000'000));
  }
  add("history", "All of them, the newest first; those at once too",
      [&line](const Context& c) { return rollout_history(c, line.rollout); });
}

void add_inputs(CommandLine& line, CLI::App* app) {
  app->add_option("deployment", line.infer_options.deployment, kDeployment)->required();
  CLI::Option* image = app->add_option("--image", line.infer_options.image, "A PNG or JPEG file, or - for stdin");
  app->add_option(
         "--data", line.infer_options.data,
         "An array for the only input, or a whole OIP request; JSON, @FILE (JSON, .npy; .npz: an array an input) or -")
      ->excludes(image);
  app->add_option("--input", line.infer_options.inputs, "NAME=JSON or NAME=@FILE (JSON or .npy), once an input")
      ->excludes(image)
      ->allow_extra_args(false);
}

void add_infer(CommandLine& line) {
  add_inputs(line, line.verb(&line.app, "infer", "Ask a deployment",
                             [&line](const Context& c) { return infer(c, line.infer_options); }));
  CLI::App* bench_app = line.verb(&line.app, "bench", "Load on a deployment, and how it answers",
                                  [&line](const Context& c) { return bench(c, line.infer_options, line.bench); });
  add_inputs(line, bench_app);
  bench_app->add_option("-c,--connections", line.bench.connections, "Requests at a time (8)");
  bench_app->add_option("--seconds", line.bench.seconds, "How long it is measured (10)");
  bench_app->add_option("--warm-up", line.bench.warm_up, "Seconds of load that are not counted before (1)");
  bench_app->add_option("--rate", line.bench.rate,
                        "Requests due a second, whatever the answers (open loop); without it as fast as they come");
  CLI::App* tune_app = line.verb(&line.app, "tune", "Try batching settings on a deployment under load, and propose",
                                 [&line](const Context& c) { return tune(c, line.infer_options, line.tune); });
  add_inputs(line, tune_app);
  tune_app->add_option("-c,--connections", line.tune.connections, "Requests at a time (64)");
  tune_app->add_option("--seconds", line.tune.seconds, "How long each setting is measured (3)");
  tune_app->add_option("--sizes", line.tune.sizes, "Batch sizes to try (1,4,8,16,32,64)")->delimiter(',');
  tune_app->add_flag("--apply", line.tune.apply, "Set what is best; else the deployment is left as it was");
  CLI::App* top_app = line.verb(&line.app, "top", "What deployments do now, at the node that is asked",
                                [&line](const Context& c) { return top(c, line.top); });
  top_app->add_option("--interval", line.top.interval, "Seconds between two looks (2)");
  top_app->add_option("--count", line.top.count, "Looks (on a terminal: until Ctrl-C; else 1)");
}

}  // namespace

void add_serving(CommandLine& line) {
  add_deploy(line);
  CLI::App* deployment = line.noun("deployment", "Deployments: list, show, set");
  add_list_options(line, line.verb(deployment, "list", "List deployments",
                                   [&line](const Context& c) { return deployment_list(c, line.list); }));
  line.verb(deployment, "show", "Show a deployment",
            [&line](const Context& c) { return deployment_show(c, line.name); })
      ->add_option("deployment", line.name, kDeployment)
      ->required();
  CLI::App* set =
      line.verb(deployment, "set", "Change memory and batching of a deployment, as it runs",
                [&line](const Context& c) { return deployment_set(c, line.name, line.deploy_options.settings); });
  set->add_option("deployment", line.name, kDeployment)->required();
  add_settings(set, line.deploy_options.settings);
  add_rollouts(line);
  CLI::App* logs_app = line.verb(&line.app, "logs", "What happened to a deployment",
                                 [&line](const Context& c) { return logs(c, line.name, line.follow); });
  logs_app->add_option("deployment", line.name, kDeployment)->required();
  logs_app->add_flag("-f,--follow", line.follow, "Go on as it happens");
  add_infer(line);
}

}  // namespace souk::cli
