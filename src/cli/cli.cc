// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <algorithm>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/experiments/experiment_commands.h"
#include "cli/login.h"
#include "cli/registry/compare_command.h"
#include "cli/registry/exchange_commands.h"
#include "cli/registry/webhook_commands.h"

namespace souk::cli {
namespace {

constexpr const char* kReference = "[namespace/]model[:tag|@alias|@sha256:…]";

void add_globals(CommandLine& line) {
  CLI::App& app = line.app;
  app.fallthrough();
  app.require_subcommand(1);
  app.add_option("--url", line.url,
                 "The server (SOUK_URL; default: the saved login, else " + std::string(kLocalUrl) + ")");
  app.add_option("-o,--output", line.format, "table, json or yaml (default: a table on a terminal, else JSON)")
      ->check(CLI::IsMember({"table", "json", "yaml"}).description(""))
      ->type_name("FORMAT");
  app.add_flag("-q,--quiet", line.quiet, "No remarks and no progress on stderr");
  app.add_flag("-y,--yes", line.yes, "Do not ask before something is deleted");
  app.add_option("--wait", line.wait_seconds, "How many seconds to wait for what takes long")
      ->check(CLI::Range(0, 3600));
  app.set_version_flag("--version", "souk " SOUK_VERSION);
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 not found, 4 not allowed, 5 conflict, 6 not reachable.");
}

}  // namespace

void add_list_options(CommandLine& line, CLI::App* sub) {
  sub->add_option("-n,--namespace", line.list.namespace_, "Only of this namespace");
  sub->add_option("--filter", line.list.filter, "Which, such as: name = 'digits'");
  sub->add_option("--order-by", line.list.order_by, "In which order, such as: update_time desc");
}

namespace {

void add_imports(CommandLine& line, CLI::App* model) {
  CLI::App* import = line.verb(model, "import", "Make a version of an archive, a URL or a prefix in S3",
                               [&line](const Context& c) { return model_import(c, line.import); });
  import
      ->add_option("source", line.import.source, "A .zip, .tar, .tar.gz or .tar.zst, another file, http(s):// or s3://")
      ->required();
  import->add_option("reference", line.import.reference, "[namespace/]model[:tag]; without a tag: the next number")
      ->required();
  import->add_option("--folder", line.import.folder, "Only what lies below this folder of it");
  import->add_option("--alias", line.import.aliases, "Point this alias at the new version")->allow_extra_args(false);
  import->add_flag("--no-wait", line.import.no_wait, "Do not wait until it is over");
  line.verb(model, "imports", "Imports of a model, and how far they are",
            [&line](const Context& c) { return model_imports(c, line.reference); })
      ->add_option("model", line.reference, "[namespace/]model")
      ->required();
  CLI::App* cancel = line.verb(model, "cancel-import", "Cancel an import",
                               [&line](const Context& c) { return model_cancel_import(c, line.reference, line.name); });
  cancel->add_option("model", line.reference, "[namespace/]model")->required();
  cancel->add_option("import", line.name, "Its number")->required();
}

void add_model(CommandLine& line) {
  CLI::App* model = line.noun("model", "Models: push, pull, import, list, show, delete");
  CLI::App* push = line.verb(model, "push", "Push a file or folder as a new version",
                             [&line](const Context& c) { return model_push(c, line.push); });
  push->add_option("path", line.push.path, "An .onnx file or a folder")->required();
  push->add_option("reference", line.push.reference, "[namespace/]model[:tag]; without a tag: the next number")
      ->required();
  push->add_option("--alias", line.push.aliases, "Point this alias at the new version")->allow_extra_args(false);
  push->add_option("--include", line.push.include, "A hidden file or folder to take all the same")
      ->allow_extra_args(false);
  push->add_option("--created-at", line.push.created_at,
                   "Time to record, RFC 3339 (none: the same input gives the same digest)");
  CLI::App* pull = line.verb(model, "pull", "Pull a version's files into a folder",
                             [&line](const Context& c) { return model_pull(c, line.pull); });
  pull->add_option("reference", line.pull.reference, kReference)->required();
  pull->add_option("folder", line.pull.folder, "Where to (default: the model's name)");
  pull->add_flag("--force", line.pull.force, "Replace files that are there with other content");
  add_list_options(
      line, line.verb(model, "list", "List models", [&line](const Context& c) { return model_list(c, line.list); }));
  line.verb(model, "show", "Show a model", [&line](const Context& c) { return model_show(c, line.reference); })
      ->add_option("model", line.reference, "[namespace/]model")
      ->required();
  line.verb(model, "runs", "List the records of your invocations of a model",
            [&line](const Context& c) { return model_runs(c, line.reference); })
      ->add_option("model", line.reference, "[namespace/]model")
      ->required();
  line.verb(model, "delete", "Delete a model and its versions",
            [&line](const Context& c) { return model_delete(c, line.reference); })
      ->add_option("model", line.reference, "[namespace/]model")
      ->required();
  add_imports(line, model);
}

void add_version(CommandLine& line) {
  CLI::App* version = line.noun("version", "Versions of a model: list, show, archive, restore, delete");
  const auto add = [&](const char* verb, const char* help, Action action) {
    line.verb(version, verb, help, std::move(action))->add_option("reference", line.reference, kReference)->required();
  };
  add("list", "List the versions of a model", [&line](const Context& c) { return version_list(c, line.reference); });
  add("show", "Show a version", [&line](const Context& c) { return version_show(c, line.reference); });
  add("archive", "Archive a version", [&line](const Context& c) { return version_archive(c, line.reference, true); });
  add("restore", "Make an archived version live again",
      [&line](const Context& c) { return version_archive(c, line.reference, false); });
  add("delete", "Delete a version", [&line](const Context& c) { return version_delete(c, line.reference); });
}

void add_experiment(CommandLine& line) {
  CLI::App* noun = line.noun("experiment", "Experiments: create, list, show, delete");
  const auto add = [&](const char* verb, const char* help, Action action) {
    CLI::App* sub = line.verb(noun, verb, help, std::move(action));
    sub->add_option("experiment", line.run.experiment, "[namespace/]experiment")->required();
    return sub;
  };
  add("create", "Make an experiment", [&line](const Context& c) {
    return experiment_create(c, line.run);
  })->add_option("--name", line.run.name, "Its name, any text (default: as in paths)");
  add_list_options(line, line.verb(noun, "list", "List experiments",
                                   [&line](const Context& c) { return experiment_list(c, line.list); }));
  add("show", "Show an experiment", [&line](const Context& c) { return experiment_show(c, line.run); });
  add("delete", "Delete an experiment", [&line](const Context& c) {
    return experiment_delete(c, line.run);
  })->add_flag("--cascade", line.run.cascade, "With its runs");
}

void add_run(CommandLine& line) {
  CLI::App* noun = line.noun("run", "Runs of experiments: start, log, finish, list, show, metrics, watch, delete");
  const auto add = [&](const char* verb, const char* help, Action action) {
    CLI::App* sub = line.verb(noun, verb, help, std::move(action));
    sub->add_option("run", line.run.run, "[namespace/]experiment/run, the run by id, uid or name")->required();
    return sub;
  };
  CLI::App* start =
      line.verb(noun, "start", "Start a run", [&line](const Context& c) { return run_start(c, line.run); });
  start->add_option("experiment", line.run.experiment, "[namespace/]experiment")->required();
  start->add_option("--name", line.run.name, "Its name");
  start->add_option("--parent", line.run.parent, "The id of the run that it is part of");
  start->add_option("--tag", line.run.tags, "NAME=VALUE")->allow_extra_args(false);
  CLI::App* log = add("log", "Log metrics, parameters, inputs and artifacts",
                      [&line](const Context& c) { return run_log(c, line.run); });
  log->add_option("--metric", line.run.metrics, "NAME=VALUE or NAME=VALUE@STEP")->allow_extra_args(false);
  log->add_option("--time", line.run.time, "When the metrics were measured, RFC 3339 (default: now)");
  log->add_option("--param", line.run.parameters, "NAME=VALUE")->allow_extra_args(false);
  log->add_option("--input", line.run.inputs, "NAME=SOURCE: a dataset that it reads")->allow_extra_args(false);
  log->add_option("--artifact", line.run.artifacts, "NAME=URI: a model that it makes")->allow_extra_args(false);
  add("finish", "End a run", [&line](const Context& c) { return run_finish(c, line.run); })
      ->add_option("--status", line.run.status, "How it ended")
      ->check(CLI::IsMember({"FINISHED", "FAILED", "KILLED"}));
  CLI::App* list =
      line.verb(noun, "list", "List runs", [&line](const Context& c) { return run_list(c, line.run, line.list); });
  list->add_option("experiment", line.run.experiment, "[namespace/]experiment (default: all of the namespace)");
  add_list_options(line, list);
  add("show", "Show a run", [&line](const Context& c) { return run_show(c, line.run); });
  CLI::App* metrics =
      add("metrics", "How metrics went", [&line](const Context& c) { return run_metrics(c, line.run); });
  metrics->add_option("--name", line.run.name, "Only this metric");
  metrics->add_option("--points", line.run.points, "At most so many of each")->check(CLI::Range(2, 10000));
  add("watch", "Follow what a run logs", [&line](const Context& c) { return run_watch(c, line.run); });
  add("delete", "Delete a run", [&line](const Context& c) {
    return run_delete(c, line.run);
  })->add_flag("--cascade", line.run.cascade, "With runs nested in it");
}

void add_search(CommandLine& line) {
  line.verb(&line.app, "search", "Find models, experiments and runs",
            [&line](const Context& c) { return search(c, line.words); })
      ->add_option("words", line.words,
                   "Words, and filters such as kind:model task:CLASSIFICATION alias:champion metric.accuracy>0.9")
      ->required();
  CLI::App* sub = line.verb(&line.app, "lineage", "What something came from, and what came of it",
                            [&line](const Context& c) { return lineage(c, line.reference, line.depth); });
  sub->add_option("of", line.reference, std::string(kReference) + ", run:ID, artifact:ID or deployment:ID")->required();
  sub->add_option("--depth", line.depth, "How many steps each way")->check(CLI::Range(1, 100));
}

void add_alias(CommandLine& line) {
  CLI::App* alias = line.noun("alias", "Aliases of a model: set, list, delete, history");
  CLI::App* set = line.verb(alias, "set", "Point an alias at a version",
                            [&line](const Context& c) { return alias_set(c, line.name, line.reference); });
  set->add_option("alias", line.name, "Its name, such as champion")->required();
  set->add_option("reference", line.reference, kReference)->required();
  line.verb(alias, "list", "List the aliases of a model",
            [&line](const Context& c) { return alias_list(c, line.reference); })
      ->add_option("model", line.reference, "[namespace/]model")
      ->required();
  line.verb(alias, "delete", "Delete an alias", [&line](const Context& c) { return alias_delete(c, line.reference); })
      ->add_option("reference", line.reference, "[namespace/]model@alias")
      ->required();
  line.verb(alias, "history", "Where an alias pointed",
            [&line](const Context& c) { return alias_history(c, line.reference); })
      ->add_option("reference", line.reference, "[namespace/]model@alias")
      ->required();
}

void add_blobs(CommandLine& line) {
  CLI::App* blobs = line.noun("blobs", "Where bytes are: migrate, status");
  CLI::App* migrate = line.verb(blobs, "migrate", "Move all bytes to another place while serving",
                                [&line](const Context& c) { return blobs_migrate(c, line.name, line.no_wait); });
  migrate->add_option("target", line.name, "file:PATH or s3://BUCKET/PREFIX?endpoint=URL&region=NAME, as of the server")
      ->required();
  migrate->add_flag("--no-wait", line.no_wait, "Do not wait until all is moved");
  line.verb(blobs, "status", "Moves of all bytes, and how far they are",
            [](const Context& c) { return blobs_status(c); });
}

void add_operations(CommandLine& line) {
  CLI::App* operation = line.noun("operation", "Typed tasks done in the background: create, list, show, watch, cancel");
  CLI::App* create = line.verb(operation, "create", "Ask a model, to be answered later",
                               [&line](const Context& c) { return operation_create(c, line.operation); });
  create->add_option("model", line.operation.name, "[namespace/]model[:version]")->required();
  CLI::Option* image = create->add_option("--image", line.operation.image, "A PNG or JPEG file");
  create->add_option("--data", line.operation.data, "A task input, or an array of them; JSON, @FILE or -")
      ->excludes(image);
  line.verb(operation, "list", "List operations", [&line](const Context& c) { return operation_list(c, line.list); })
      ->add_option("--filter", line.list.filter, "Which, such as: state = 'FAILED'");
  line.verb(operation, "show", "Show an operation, with --wait once it has ended",
            [&line](const Context& c) { return operation_show(c, line.name); })
      ->add_option("operation", line.name, "Its uid")
      ->required();
  line.verb(operation, "watch", "Show an operation's states until it has ended",
            [&line](const Context& c) { return operation_watch(c, line.name); })
      ->add_option("operation", line.name, "Its uid")
      ->required();
  line.verb(operation, "cancel", "Ask an operation to end",
            [&line](const Context& c) { return operation_cancel(c, line.name); })
      ->add_option("operation", line.name, "Its uid")
      ->required();
}

void add_queues(CommandLine& line) {
  CLI::App* queue = line.noun("queue", "Durable work: list, show, retry, drop, cancel");
  line.verb(queue, "list", "What waits, runs and failed for good", [](const Context& c) { return queue_list(c); });
  const auto add = [&](const char* verb, const char* help, Action action) {
    CLI::App* sub = line.verb(queue, verb, help, std::move(action));
    sub->add_option("queue", line.queue.queue, "Its name")->required();
    return sub;
  };
  add("show", "List the items of a queue", [&line](const Context& c) { return queue_show(c, line.queue); })
      ->add_option("--state", line.queue.state, "WAITING, DELAYED, RUNNING, DEAD or DONE")
      ->check(CLI::IsMember({"WAITING", "DELAYED", "RUNNING", "DEAD", "DONE"}).description(""))
      ->type_name("STATE");
  CLI::App* retry =
      add("retry", "Try again what failed for good", [&line](const Context& c) { return queue_retry(c, line.queue); });
  CLI::App* drop =
      add("drop", "Forget what failed for good", [&line](const Context& c) { return queue_drop(c, line.queue); });
  for (CLI::App* one : {retry, drop}) {
    one->add_option("item", line.queue.item, "One item");
    one->add_flag("--all", line.queue.all, "All of the queue");
  }
  add("cancel", "Cancel an item that waits or runs", [&line](const Context& c) { return queue_cancel(c, line.queue); })
      ->add_option("item", line.queue.item, "Its id")
      ->required();
  line.verb(line.noun("schedule", "Work that comes again: list"), "list", "What is due when",
            [](const Context& c) { return schedule_list(c); });
  line.verb(line.noun("node", "Servers of one database: list"), "list", "Those that live",
            [](const Context& c) { return node_list(c); });
}

void collect_words(const CLI::App& app, const std::string& key, CommandWords& words) {
  std::vector<std::string>& options = words.options[key];
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    for (const std::string& name : option->get_snames()) options.push_back("-" + name);
  }
  std::vector<std::string>& verbs = words.verbs[key];
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); })) {
    verbs.push_back(sub->get_name());
    collect_words(*sub, key.empty() ? sub->get_name() : key + " " + sub->get_name(), words);
  }
}

void add_completion(CommandLine& line) {
  CLI::App* completion = line.app.add_subcommand("completion", "Print a completion script: bash, zsh or fish");
  completion->add_option("shell", line.name, "bash, zsh or fish")->required();
  completion->callback([&line] {
    line.local_action = [&line](const Output&) -> Status {
      CommandWords words;
      collect_words(line.app, "", words);
      const std::string script = SOUK_TRY(completion_script(line.name, words));
      std::fwrite(script.data(), 1, script.size(), stdout);
      return {};
    };
  });
}

// The full name of the command that was given so far ("souk model push"), for the hint at a wrong usage.
std::string chosen(const CLI::App& app) {
  const std::vector<CLI::App*> subs = app.get_subcommands();
  return subs.empty() ? app.get_name() : app.get_name() + " " + chosen(*subs.front());
}

Format format_of(const std::string& name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  return name == "yaml" ? Format::yaml : Format::automatic;
}

int run_chosen(CommandLine& line) {
  const Output out(format_of(line.format), line.quiet);
  if (line.local_action) {
    const Status status = line.local_action(out);
    return status ? 0 : report(status.error());
  }
  const Result<Login> login = find_login(line.url);
  if (!login) return report(login.error());
  net::ClientSettings settings;
  settings.timeout = std::chrono::seconds(60 + std::max(line.wait_seconds, 60));
  Remote remote(login->url, login->key, settings);
  const Status status = line.action(Context{remote, out, line.yes, line.wait_seconds});
  if (status) return 0;
  Error error = status.error();
  if (error.code == Code::invalid_argument && error.hint.empty()) error.hint = chosen(line.app) + " --help";
  return report(error);
}

}  // namespace

int run(int argc, char** argv, const std::vector<Command>& others) {
  CommandLine line;
  for (const Command& other : others) {
    if (argc > 1 && other.name == argv[1]) return other.run(argc - 1, argv + 1);
    CLI::App* sub = line.app.add_subcommand(other.name, other.help);
    if (other.hidden) sub->group("");
  }
  add_globals(line);
  add_model(line);
  add_version(line);
  add_alias(line);
  add_experiment(line);
  add_run(line);
  add_search(line);
  add_catalog(line);
  add_serving(line);
  add_webhooks(line);
  add_compare(line);
  add_exchange(line);
  add_access(line);
  add_operations(line);
  add_queues(line);
  add_blobs(line);
  add_completion(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return line.app.exit(e);
    return report(invalid_argument(e.what()).advise(chosen(line.app) + " --help"));
  }
  if (!line.action && !line.local_action) return report(invalid_argument("no command was given").advise("souk --help"));
  return run_chosen(line);
}

}  // namespace souk::cli
