// SPDX-License-Identifier: Apache-2.0
#include "registry/search/indexer.h"

namespace souk::registry {

namespace {

constexpr std::chrono::milliseconds kGather{250};
constexpr std::size_t kEventsAtOnce = 500;
constexpr std::size_t kMaxKnown = 1'000'000;
constexpr std::chrono::seconds kMaxLag{45};  // while others write much
constexpr std::chrono::seconds kRetry{5};

events::Filter indexed() {
  return {.types = {"model.*", "version.*", "experiment.*", "run.created", "run.updated", "run.deleted"},
          .visible = {}};
}

}  // namespace

Indexer::Indexer(std::shared_ptr<Registry::State> registry) : registry_(std::move(registry)) {}

Indexer::~Indexer() {
  stop();
}

Status Indexer::start() {
  subscription_ = SOUK_TRY(registry_->events.subscribe(indexed(), [this](const events::EventPtr&) {
    std::lock_guard lock(mutex_);
    rang_ = true;
    wake_.notify_all();
  }));
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  return {};
}

void Indexer::stop() {
  subscription_.reset();
  thread_.request_stop();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Indexer::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    rang_ = false;
    lock.unlock();
    Result<std::size_t> done = catch_up();
    lock.lock();
    if (done && *done > 0) {
      // What changes meanwhile goes with it: a commit for each change would take turns with those who make them.
      if (*done < kEventsAtOnce) {
        wake_.wait_for(lock, stop, kGather, [] { return false; });
      } else {
        let_others_write(lock, stop);
      }
      continue;
    }
    if (!done && done.error().code != Code::failed_precondition)
      registry_->log.warn("registry", "the search index is behind", {{"why", done.error().describe()}});
    if (done) {
      wake_.wait(lock, stop, [this] { return rang_; });
    } else {
      wake_.wait_for(lock, stop, kRetry, [] { return false; });
    }
  }
}

void Indexer::let_others_write(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  std::optional<std::uint64_t> before = registry_->store.commits();
  while (before && !stop.stop_requested() && now() - reached_ < kMaxLag) {
    wake_.wait_for(lock, stop, kGather, [] { return false; });
    const auto after = registry_->store.commits();
    if (after == before) return;
    before = after;
  }
}

Result<std::size_t> Indexer::catch_up() {
  const std::string from = SOUK_TRY(registry_->store.read([](store::Tx& tx) {
                             return tx.scalar<std::string>("SELECT cursor FROM search_position WHERE id = 1");
                           })).value_or("");
  const events::Page page = SOUK_TRY(registry_->events.read(from, indexed(), kEventsAtOnce));
  if (page.cursor == from) return 0;
  Changed changed;
  for (const events::Event& event : page.events) changed.add(event);
  if (!page.events.empty()) reached_ = page.events.back().time;
  KnownWords fresh;
  SOUK_TRY(registry_->store.write([&](store::Tx& tx) -> Status {
    fresh.clear();
    // Of two nodes that read the same events one writes.
    if (SOUK_TRY(tx.exec("UPDATE search_position SET cursor = $1 WHERE id = 1 AND cursor = $2", page.cursor, from)) ==
        0)
      return failed_precondition("another node writes the search index");
    return changed.empty() ? Status() : write_documents(tx, changed, known_, fresh);
  }));
  if (known_.size() + fresh.size() > kMaxKnown) known_.clear();
  known_.merge(fresh);
  return page.events.size() + (page.more ? 1 : 0);
}

}  // namespace souk::registry
