// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/keeper.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "base/settings_forms.h"
#include "registry/catalog/sources/files.h"

namespace souk::registry {

namespace {

constexpr std::uint64_t kMaxSourcesFile = 256 << 10;
constexpr std::chrono::minutes kHubAgain{1};  // after a failure
constexpr std::chrono::hours kHubUsually{1};
// The public models are read again at most so often: ten times what a reading takes, and at least this.
constexpr std::chrono::milliseconds kOwnAtLeast{500};
constexpr const char* kFileId = "sources.yaml";

SourcesFile without_file() {
  SourcesFile out;
  SourceConfig own;
  own.type = "souk";
  own.source.id = "souk";
  own.source.name = "Models of this server";
  out.sources.push_back(std::move(own));
  return out;
}

std::chrono::milliseconds interval_of(const SourceConfig& config) {
  const auto asked = settings::parse_duration(config.properties.syncInterval.value_or(""));
  return std::max<std::chrono::milliseconds>(asked.value_or(kHubUsually), std::chrono::seconds(1));
}

// The model with what was measured of it.
std::shared_ptr<const CatalogModel> with_measured(const std::shared_ptr<const CatalogModel>& model,
                                                  const Measured& measured) {
  const auto found = measured.find(model->name);
  if (found == measured.end()) return model;
  CatalogModel out = *model;
  std::size_t place = 0;
  for (const MadeArtifact& made : found->second)
    add_artifact(out, make_artifact(out, "measured-" + std::to_string(place++) + made.external_id, made));
  seal(out);
  return std::make_shared<const CatalogModel>(std::move(out));
}

}  // namespace

Keeper::Keeper(CatalogSettings settings, net::AddressGuard guard, std::string ca_file, store::Store& store,
               events::Log& events, access::Access& access, Registry& registry, Logger& log)
    : settings_(std::move(settings)),
      guard_(std::move(guard)),
      ca_file_(std::move(ca_file)),
      store_(store),
      events_(events),
      access_(access),
      registry_(registry),
      log_(log) {}

Status Keeper::start() {
  subscription_ =
      SOUK_TRY(events_.subscribe({.types = {"model.*", "version.*", "grant.*", "namespace.*"}, .visible = {}},
                                 [this](const events::EventPtr&) { own_changed_ = true; }));
  refresh();
  files_ = std::jthread([this](std::stop_token stop) { watch(std::move(stop)); });
  hubs_ = std::jthread([this](std::stop_token stop) { watch_hubs(std::move(stop)); });
  return {};
}

void Keeper::stop() {
  subscription_.reset();
  files_.request_stop();
  hubs_.request_stop();
  wake_.notify_all();
  if (files_.joinable()) files_.join();
  if (hubs_.joinable()) hubs_.join();
}

std::shared_ptr<const CatalogSnapshot> Keeper::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::string Keeper::folder() const {
  if (settings_.sources.empty()) return "";
  const std::filesystem::path parent = std::filesystem::path(settings_.sources).parent_path();
  return parent.empty() ? "." : parent.string();
}

LoadedSource Keeper::load_own(const SourceConfig& config) {
  return load_own_models(config, store_, registry_, access_, settings_);
}

void Keeper::watch(std::stop_token stop) {
  const auto pause = std::min<std::chrono::milliseconds>(settings_.poll, std::chrono::seconds(1));
  auto files_next = Clock::now() + settings_.poll;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (Clock::now() >= files_next) {
      refresh();
      files_next = Clock::now() + settings_.poll;
    } else {
      const std::lock_guard one(refreshing_);
      if (load_own_sources()) publish();
    }
  }
}

void Keeper::watch_hubs(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto config = due_hub();
    if (config) {
      take(*config, load_hub(*config, {guard_, ca_file_, true, stop}, settings_), "");
      publish();
      continue;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::milliseconds(500), [] { return false; });
  }
}

void Keeper::refresh() {
  const std::lock_guard one(refreshing_);
  bool changed = read_sources_file();
  changed |= load_files();
  changed |= load_own_sources();
  changed |= load_measured();
  if (changed) publish();
}

bool Keeper::read_sources_file() {
  if (settings_.sources.empty()) {
    if (std::exchange(file_read_, true)) return false;
    file_ = without_file();
  } else {
    std::string mark = file_mark(settings_.sources);
    if (file_read_ && mark == file_mark_) return false;
    file_read_ = true;
    file_mark_ = std::move(mark);
    const auto text = read_whole(settings_.sources, kMaxSourcesFile);
    auto file = text ? read_sources(*text) : Result<SourcesFile>(text.error());
    const std::lock_guard lock(mutex_);
    file_error_ = file ? file->error : file.error().describe();
    if (!file_error_.empty())
      log_.warn("registry", "the catalogue's sources are not all as they should be", {{"why", file_error_}});
    if (!file) return true;  // what was there before stays
    file_ = std::move(*file);
  }
  const std::lock_guard lock(mutex_);
  std::vector<Held> held;
  for (const SourceConfig& config : file_.sources) {
    const auto before = std::ranges::find_if(held_, [&](const Held& one) {
      return one.config.source.id == config.source.id && one.config.mark == config.mark;
    });
    held.push_back(before != held_.end() ? std::move(*before) : Held{.config = config, .loaded = {}, .error = {}});
    if (config.type == "souk") own_changed_ = true;
  }
  held_ = std::move(held);
  return true;
}

bool Keeper::load_files() {
  std::vector<SourceConfig> configs;
  std::vector<std::string> marks;
  {
    const std::lock_guard lock(mutex_);
    for (const Held& held : held_) {
      const CatalogSource& source = held.config.source;
      if (held.config.type != "yaml" || !source.enabled || source.status == SourceStatus::error) continue;
      const auto path = path_inside(folder(), held.config.properties.yamlCatalogPath.value_or(""));
      std::string mark = path ? file_mark(*path) : path.error().message;
      if (held.loaded && mark == held.mark) continue;
      configs.push_back(held.config);
      marks.push_back(std::move(mark));
    }
  }
  for (std::size_t i = 0; i < configs.size(); ++i)
    take(configs[i], load_catalog_file(configs[i], folder(), settings_), marks[i]);
  return !configs.empty();
}

bool Keeper::load_own_sources() {
  if (!own_changed_ || Clock::now() < own_next_) return false;
  std::vector<SourceConfig> configs;
  {
    const std::lock_guard lock(mutex_);
    for (const Held& held : held_)
      if (held.config.type == "souk" && held.config.source.enabled) configs.push_back(held.config);
  }
  own_changed_ = false;
  const auto begun = Clock::now();
  for (const SourceConfig& config : configs) take(config, load_own(config), "");
  own_next_ = Clock::now() + std::max<Clock::duration>(kOwnAtLeast, (Clock::now() - begun) * 10);
  return !configs.empty();
}

bool Keeper::load_measured() {
  std::string mark = performance_mark(settings_.performance);
  if (mark == measured_mark_) return false;
  measured_mark_ = std::move(mark);
  Measured measured = load_performance(settings_, [this](const Error& error) {
    log_.warn("registry", "measurements of the catalogue cannot be read", {{"why", error.describe()}});
  });
  const std::lock_guard lock(mutex_);
  measured_ = std::move(measured);
  return true;
}

std::optional<SourceConfig> Keeper::due_hub() {
  const std::lock_guard lock(mutex_);
  for (const Held& held : held_) {
    const CatalogSource& source = held.config.source;
    const bool asked = held.config.type == "hf" && source.enabled && source.status != SourceStatus::error;
    if (asked && Clock::now() >= held.next) return held.config;
  }
  return std::nullopt;
}

void Keeper::take(const SourceConfig& config, LoadedSource loaded, const std::string& mark) {
  if (loaded.broken > 0) {
    log_.warn("registry", "a source of the catalogue is not all as it should be",
              {{"source", config.source.id}, {"wrong", loaded.broken}, {"why", loaded.error}});
  }
  const std::lock_guard lock(mutex_);
  const auto held = std::ranges::find_if(held_, [&](const Held& one) {
    return one.config.source.id == config.source.id && one.config.mark == config.mark;
  });
  if (held == held_.end()) return;  // configured otherwise meanwhile
  const bool failed = loaded.empty() && loaded.broken > 0;
  held->mark = mark;
  held->error = failed ? loaded.error : "";
  held->next = Clock::now() +
               (failed ? std::min<std::chrono::milliseconds>(kHubAgain, interval_of(config)) : interval_of(config));
  // A hub that does not answer now has not lost its models; a file that is wrong holds none.
  if (failed && held->loaded && !held->loaded->empty() && config.type == "hf") return;
  held->loaded = std::make_shared<const LoadedSource>(std::move(loaded));
}

CatalogSource Keeper::shown(const Held& held) const {
  CatalogSource out = held.config.source;
  if (out.status == SourceStatus::error) return out;
  if (!out.enabled) {
    out.status = SourceStatus::disabled;
    return out;
  }
  const bool holds = held.loaded && !held.loaded->empty();
  out.error = !held.error.empty() ? held.error : held.loaded ? held.loaded->error : "";
  const std::size_t broken = held.loaded ? held.loaded->broken : 0;
  if (broken > 1 && held.error.empty()) out.error += " (and " + std::to_string(broken - 1) + " more)";
  if (!out.error.empty()) out.status = holds ? SourceStatus::partially_available : SourceStatus::error;
  return out;
}

void Keeper::publish() {
  auto next = std::make_shared<CatalogSnapshot>();
  const std::lock_guard lock(mutex_);
  if (!file_error_.empty()) {
    CatalogSource file;
    file.id = file.name = kFileId;
    file.error = file_error_;
    file.status = held_.empty() ? SourceStatus::error : SourceStatus::partially_available;
    next->sources.push_back(std::move(file));
  }
  for (const Held& held : held_) {
    next->sources.push_back(shown(held));
    if (!held.loaded || !held.config.source.enabled) continue;
    for (const auto& model : held.loaded->models) next->models.push_back(with_measured(model, measured_));
    next->servers.insert(next->servers.end(), held.loaded->servers.begin(), held.loaded->servers.end());
  }
  next->labels = file_.labels;
  next->named_queries = file_.named_queries;
  snapshot_ = std::move(next);
  ++generation_;
}

}  // namespace souk::registry
