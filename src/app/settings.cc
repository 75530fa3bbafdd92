// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "api/origin.h"

namespace souk::app {

settings::Table table_of(Settings& s) {
  settings::Table table;
  table.add("data", s.data, {.help = "Folder for the embedded database, bytes and keys"});
  table.add("listen", s.listen, {.help = "HOST:PORT to answer on; port 0 picks a free one"});
  table.add("database", s.database, {.help = "sqlite:PATH or postgresql://…; empty: sqlite in the data folder"});
  table.add("blobs", s.blobs,
            {.help = "file:PATH or s3://BUCKET/PREFIX?endpoint=URL&region=NAME; empty: a folder in the data folder"});
  table.add("dev", s.dev, {.help = "No credentials: whoever calls from this machine is an admin"});
  table.add("node", s.node, {.help = "This node's name; empty: the host's"});
  table.add("log.level", s.log_level,
            {.help = "Least level logged", .choices = {"debug", "info", "warn", "error", "off"}});
  table.add("log.format", s.log_format,
            {.help = "Form of the log; automatic: plain on a terminal, else JSON lines",
             .choices = {"automatic", "json", "plain"}});
  table.add("artifacts.collect_every", s.collect_every,
            {.help = "How often bytes that nothing refers to are dropped", .min = 1000, .max = 7 * 86'400'000.0});
  table.add("artifacts.collect_grace", s.collect_grace,
            {.help = "How long bytes may stay without a reference", .min = 1000, .max = 90 * 86'400'000.0});
  table.add("events.keep", s.events_keep,
            {.help = "How long events are kept: who watches again after that misses some",
             .min = 3'600'000,
             .max = 3650 * 86'400'000.0});
  net::declare(table, s.net);
  net::declare(table, s.traces);
  store::declare(table, s.store);
  work::declare(table, s.work);
  access::declare(table, s.access);
  webhooks::declare(table, s.webhooks);
  blobs::declare(table, s.s3);
  registry::declare(table, s.imports);
  registry::declare(table, s.catalog);
  registry::declare(table, s.exchange);
  api::declare(table, s.api);
  serving::declare(table, s.serving);
  tasks::declare(table, s.tasks);
  runtimes::declare(table, s.onnx);
  return table;
}

namespace {

// "--name value", "--name=value"; a boolean may stand alone. The key is found by its flag's name.
Status load_flags(settings::Table& table, const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    std::string flag = argument.substr(0, argument.find('='));
    auto entry = std::ranges::find_if(
        table.entries(), [&](const settings::Entry& one) { return settings::Table::flag_name(one.key) == flag; });
    if (entry == table.entries().end()) {
      return invalid_argument("'" + flag + "' is not a setting").advise("run `souk serve --help`");
    }
    std::string key = entry->key;
    if (flag.size() < argument.size()) {
      SOUK_TRY(table.set_flag(key, argument.substr(flag.size() + 1)));
      continue;
    }
    bool next_is_value = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    if (entry->type == "boolean" && !(next_is_value && (arguments[i + 1] == "true" || arguments[i + 1] == "false"))) {
      SOUK_TRY(table.set_flag(key, "true"));
      continue;
    }
    if (!next_is_value) return invalid_argument(flag + " needs a value");
    SOUK_TRY(table.set_flag(key, arguments[++i]));
  }
  return {};
}

}  // namespace

Status load(settings::Table& table, const std::vector<std::string>& arguments, const char* const* environment,
            std::string* config_file) {
  std::string file;
  if (const char* from_environment = std::getenv("SOUK_CONFIG")) file = from_environment;
  std::vector<std::string> flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--config" && i + 1 < arguments.size()) {
      file = arguments[++i];
    } else if (arguments[i].starts_with("--config=")) {
      file = arguments[i].substr(9);
    } else {
      flags.push_back(arguments[i]);
    }
  }
  if (!file.empty()) SOUK_TRY(table.load_file(file));
  if (config_file != nullptr) *config_file = file;
  SOUK_TRY(table.load_environment(environment, {"SOUK_CONFIG", "SOUK_URL", "SOUK_KEY", "SOUK_PATIENCE"}));
  return load_flags(table, flags);
}

Status complete(Settings& s) {
  s.data = std::filesystem::absolute(s.data).lexically_normal().string();
  if (s.database.empty()) s.database = "sqlite:" + s.data + "/souk.db";
  if (s.blobs.empty()) s.blobs = "file:" + s.data + "/blobs";
  if (s.s3.cache.empty()) s.s3.cache = s.data + "/cache";
  if (s.node.empty()) {
    char host[256] = "node";
    gethostname(host, sizeof host - 1);
    s.node = host;
  }
  if (s.dev && !api::is_loopback_host(s.listen)) {
    return invalid_argument("--dev asks nobody for credentials, so it listens on this machine only, not on " + s.listen)
        .at("listen")
        .advise("listen on 127.0.0.1, or leave --dev out");
  }
  return {};
}

}  // namespace souk::app
