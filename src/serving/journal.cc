// SPDX-License-Identifier: Apache-2.0
#include "serving/journal.h"

#include <map>

#include "serving/rows.h"

namespace souk::serving {

namespace {

constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::seconds kFirst{1};
// Nodes that share a database say now and then that they live.
constexpr std::chrono::seconds kTouch{10};

struct ChangeData {
  std::int64_t revision = 0;
  std::string node;
  ReplicaState state = ReplicaState::PENDING;
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ChangeData, (), (revision, node, state, reason))

events::NewEvent event_of(const ReplicaChange& change) {
  ChangeData data;
  data.revision = change.revision_number;
  data.node = change.replica.node;
  data.state = change.replica.state;
  if (!change.replica.reason.empty()) data.reason = change.replica.reason;
  events::NewEvent event;
  event.type = "replica.changed";
  event.namespace_id = change.deployment.namespace_id;
  event.namespace_ = change.deployment.namespace_;
  event.kind = "deployment";
  event.id = change.deployment.id.value;
  event.name = change.deployment.slug;
  event.actor = "system";
  event.data = json::Raw{json::write(data)};
  return event;
}

}  // namespace

Journal::Journal(store::Store& store, events::Log& events, std::string node, Logger& log)
    : store_(store), events_(events), node_(std::move(node)), log_(log) {}

Journal::~Journal() {
  stop();
}

void Journal::start() {
  thread_ = std::thread([this] { run(); });
}

void Journal::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    condition_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Journal::add(ReplicaChange change) {
  std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(change));
  condition_.notify_all();
}

void Journal::run() {
  bool shared = store_.dialect() == store::Dialect::postgresql;
  bool first = true;
  std::unique_lock lock(mutex_);
  for (;;) {
    auto rang = [this] { return stopping_ || !waiting_.empty(); };
    if (first) {
      condition_.wait_for(lock, kFirst, rang);  // together with what the start brings
    } else if (shared) {
      condition_.wait_for(lock, kTouch, rang);
    } else {
      condition_.wait(lock, rang);
    }
    std::vector<ReplicaChange> changes = std::exchange(waiting_, {});
    if (stopping_ && changes.empty()) return;
    lock.unlock();
    Status written = write(changes, first);
    if (!written) {
      log_.error("serving", "could not write down what became of the replicas",
                 {{"error", written.error().describe()}});
    }
    lock.lock();
    if (written) {
      first = false;
      continue;
    }
    if (stopping_) return;
    waiting_.insert(waiting_.begin(), std::make_move_iterator(changes.begin()), std::make_move_iterator(changes.end()));
    condition_.wait_for(lock, kRetry, [this] { return stopping_; });
  }
}

Status Journal::write(const std::vector<ReplicaChange>& changes, bool first) {
  return store_.write([&](store::Tx& tx) -> Status {
    if (first && store_.dialect() == store::Dialect::sqlite) SOUK_TRY(forget_others(tx, node_));
    std::map<RevisionId, const ReplicaChange*> last;
    for (const ReplicaChange& change : changes) last[change.replica.revision_id] = &change;
    std::map<RevisionId, bool> there;
    for (const auto& [revision, change] : last) there[revision] = SOUK_TRY(write_replica(tx, change->replica));
    for (const ReplicaChange& change : changes) {
      if (there[change.replica.revision_id]) SOUK_TRY(events_.append(tx, event_of(change)));
    }
    return {};
  });
}

}  // namespace souk::serving
