// SPDX-License-Identifier: Apache-2.0
//
// Keeps the sources loaded, and the snapshot made of them. Inside the catalogue only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "registry/catalog/catalog.h"
#include "registry/catalog/sources/loaders.h"
#include "registry/catalog/sources/performance.h"
#include "registry/catalog/sources/sources_file.h"

namespace souk::registry {

class Keeper {
 public:
  Keeper(CatalogSettings settings, net::AddressGuard guard, std::string ca_file, store::Store& store,
         events::Log& events, access::Access& access, Registry& registry, Logger& log);

  Status start();
  void stop();
  // What changed in files and, when something was told to have, in the database.
  void refresh();
  std::shared_ptr<const CatalogSnapshot> snapshot() const;
  std::int64_t generation() const { return generation_.load(); }

  std::string folder() const;
  const CatalogSettings& settings() const { return settings_; }
  const net::AddressGuard& guard() const { return guard_; }
  const std::string& ca_file() const { return ca_file_; }
  LoadedSource load_own(const SourceConfig& config);

 private:
  using Clock = std::chrono::steady_clock;

  // A source and what it last held.
  struct Held {
    SourceConfig config;
    std::shared_ptr<const LoadedSource> loaded;
    std::string error;       // of the last attempt, when it gave nothing and `loaded` is of an earlier one
    std::string mark;        // of its file
    Clock::time_point next;  // of a hub
  };

  void watch(std::stop_token stop);
  void watch_hubs(std::stop_token stop);
  bool read_sources_file();
  bool load_files();
  bool load_own_sources();
  bool load_measured();
  // The next hub that is due; nothing: nullopt.
  std::optional<SourceConfig> due_hub();
  void take(const SourceConfig& config, LoadedSource loaded, const std::string& mark);
  void publish();
  CatalogSource shown(const Held& held) const;

  const CatalogSettings settings_;
  const net::AddressGuard guard_;
  const std::string ca_file_;
  store::Store& store_;
  events::Log& events_;
  access::Access& access_;
  Registry& registry_;
  Logger& log_;

  std::mutex refreshing_;  // one refresh at a time; taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Held> held_;
  SourcesFile file_;
  std::string file_mark_, file_error_;
  bool file_read_ = false;
  std::string measured_mark_, measured_error_;
  Measured measured_;
  std::shared_ptr<const CatalogSnapshot> snapshot_ = std::make_shared<const CatalogSnapshot>();

  std::atomic<std::int64_t> generation_{0};
  std::atomic<bool> own_changed_{true};
  Clock::time_point own_next_{};  // not before
  events::Subscription subscription_;
  std::jthread files_, hubs_;
};

}  // namespace souk::registry
