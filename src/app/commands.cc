// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "app/prepare.h"
#include "app/server.h"
#include "app/settings.h"
#include "app/supervisor.h"
#include "base/cores.h"
#include "base/json.h"
#include "runtimes/inspect.h"
#include "runtimes/onnx/loader.h"
#include "serving/batching/batching.h"
#include "serving/capacity/concurrency.h"
#include "store/migrations.h"
#include "tasks/tasks.h"

extern char** environ;

namespace souk::app {
namespace {

struct ReadyLine {
  bool ready = true;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(ReadyLine, (), (ready, url))

}  // namespace

int fail(const Error& error, int code) {
  std::fprintf(stderr, "souk: %s\n", error.describe().c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", error.hint.c_str());
  return code;
}

Status make_private_folder(const std::string& path) {
  std::error_code fault;
  std::filesystem::create_directories(path, fault);
  if (fault)
    return unavailable("cannot make the data folder " + path + ": " + fault.message())
        .advise("choose another with --data");
  ::chmod(path.c_str(), 0700);
  return {};
}

void be_patient(Settings& settings) {
  settings.store.answer_timeout = std::chrono::hours(24);
}

Logger logger_of(const Settings& s) {
  Logger::Level level = s.log_level == "debug"   ? Logger::Level::debug
                        : s.log_level == "warn"  ? Logger::Level::warn
                        : s.log_level == "error" ? Logger::Level::error
                        : s.log_level == "off"   ? Logger::Level::off
                                                 : Logger::Level::info;
  Logger::Format format = s.log_format == "json"    ? Logger::Format::json
                          : s.log_format == "plain" ? Logger::Format::plain
                                                    : Logger::Format::automatic;
  return Logger(level, format);
}

namespace {

void print_help(const settings::Table& table, const char* usage) {
  std::printf(
      "%s\n\nSettings (also as SOUK_… in the environment, and in a YAML file given by --config FILE or SOUK_CONFIG):\n",
      usage);
  for (const settings::Entry& entry : table.entries()) {
    if (entry.about.secret) continue;
    std::string flag = settings::Table::flag_name(entry.key) + (entry.type == "boolean" ? "" : " " + entry.type);
    std::printf("  %-40s %s", flag.c_str(), entry.about.help.c_str());
    if (!entry.default_text.empty()) std::printf(" [%s]", entry.default_text.c_str());
    std::printf("\n");
  }
}

}  // namespace

std::optional<int> prepare(Settings& s, settings::Table& table, const std::vector<std::string>& arguments,
                           const char* usage) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      print_help(table, usage);
      return 0;
    }
    if (argument == "--help-markdown") {
      std::printf("%s", table.markdown().c_str());
      return 0;
    }
  }
  if (Status loaded = load(table, arguments, environ, &s.config_file); !loaded) return fail(loaded.error(), 2);
  if (Status whole = complete(s); !whole) return fail(whole.error(), 2);
  return std::nullopt;
}

int serve(const std::vector<std::string>& arguments) {
  // What threads free is kept by arena, so many arenas keep much; more than there are cores spare nobody a wait.
  mallopt(M_ARENA_MAX, static_cast<int>(std::max<std::size_t>(2, usable_cores())));
  Settings settings;
  settings::Table table = table_of(settings);
  if (auto code = prepare(settings, table, arguments,
                          "souk serve --data DIR --listen HOST:PORT [--database URL] [--blobs URL] [--dev]"))
    return *code;

  // Blocked before the first thread starts, so that only sigwait sees them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Logger log = logger_of(settings);
  Server server(settings, table, log);
  if (Status started = server.start(); !started) return fail(started.error(), 1);
  std::printf("%s\n", json::write(ReadyLine{.url = server.url()}).c_str());
  std::fflush(stdout);
  tell_supervisor("READY=1");
  log.info("app", "serving",
           {{"url", server.url()},
            {"data", settings.data},
            {"database", settings::mask_url(settings.database)},
            {"dev", settings.dev}});

  int signal = 0;
  sigwait(&stop_signals, &signal);
  tell_supervisor("STOPPING=1");
  log.info("app", "stopping: answering what is under way");
  // A second signal ends the process at once.
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);
  server.stop();
  return 0;
}

int migrate(const std::vector<std::string>& arguments) {
  Settings settings;
  settings::Table table = table_of(settings);
  std::vector<std::string> rest;
  bool only_status = false;
  for (const std::string& argument : arguments) {
    if (argument == "--status")
      only_status = true;
    else
      rest.push_back(argument);
  }
  if (auto code = prepare(settings, table, rest, "souk migrate [--status] --data DIR [--database URL]")) return *code;
  be_patient(settings);
  Logger log = logger_of(settings);
  Metrics metrics;
  std::error_code fault;
  if (!only_status) std::filesystem::create_directories(settings.data, fault);  // what is wrong with it, open says
  auto store = store::Store::open(settings.database, settings.store, log, metrics);
  if (!store) return fail(store.error(), 1);
  auto applied = only_status ? store::migration_status(**store, store::migrations())
                             : store::migrate(**store, store::migrations(), log);
  if (!applied) return fail(applied.error(), 1);
  for (const store::MigrationStatus& one : *applied) {
    std::printf("%04lld  %-24s %s\n", static_cast<long long>(one.number), one.name.c_str(),
                one.applied_at ? format_rfc3339(*one.applied_at).c_str() : "not applied");
  }
  return 0;
}

int inspect() {
  Logger silent(Logger::Level::off);
  runtimes::OnnxLoader onnx({.threads = 1}, silent);
  runtimes::Loader* loaders[] = {&onnx};
  auto check = [](const json::Raw& declaration, const registry::Signature& signature,
                  const runtimes::ReadFile& read_file) -> Result<std::string> {
    auto task = SOUK_TRY(tasks::make_task(declaration, signature, read_file));
    auto batching = serving::batching_of(declaration, signature);
    if (!batching) return batching.error();
    if (auto concurrency = serving::declared_concurrency(&declaration); !concurrency) return concurrency.error();
    return task ? std::string(task->name()) : std::string();
  };
  return runtimes::inspect_main(loaders, check, std::cin, std::cout);
}

}  // namespace souk::app
