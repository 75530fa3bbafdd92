// SPDX-License-Identifier: Apache-2.0
#include "work/leases.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace souk::work {

struct Lease::State {
  std::string name;
  std::function<void()> changed;
  std::atomic<std::int64_t> node{0};  // the incarnation that took it; 0: none of ours
  std::atomic<std::int64_t> token{0};
};

Lease::Lease(Leases& leases, std::shared_ptr<State> state) : leases_(leases), state_(std::move(state)) {}

Lease::~Lease() {
  leases_.give_back(state_);
}

const std::string& Lease::name() const {
  return state_->name;
}

bool Lease::held() const {
  const std::int64_t node = state_->node.load(std::memory_order_acquire);
  return node != 0 && node == leases_.nodes_.id().value && leases_.nodes_.alive();
}

std::int64_t Lease::token() const {
  return state_->token.load(std::memory_order_acquire);
}

Status Lease::check(store::Tx& tx) const {
  const std::int64_t token = this->token();
  // The lock keeps another from taking it before this transaction is kept.
  const auto found =
      SOUK_TRY(tx.scalar<std::int64_t>(std::string("SELECT token FROM leases WHERE name = $1 AND node_id <> 0") +
                                           (tx.dialect() == store::Dialect::postgresql ? " FOR SHARE" : ""),
                                       state_->name));
  if (token != 0 && found == token) return {};
  return aborted("the lease '" + state_->name + "' is no longer this node's: nothing was changed");
}

Leases::Leases(store::Store& store, Nodes& nodes, Logger& log) : store_(store), nodes_(nodes), log_(log) {
  nodes_.on_beat([this] { look(); });
}

Leases::~Leases() = default;

std::unique_ptr<Lease> Leases::want(std::string name, std::function<void()> changed) {
  auto state = std::make_shared<Lease::State>();
  state->name = std::move(name);
  state->changed = std::move(changed);
  {
    const std::lock_guard lock(mutex_);
    wanted_.push_back(state);
  }
  nodes_.beat_soon();
  return std::unique_ptr<Lease>(new Lease(*this, std::move(state)));
}

Result<std::vector<LeaseRow>> Leases::list() {
  return store_.read([](store::Tx& tx) {
    return tx.all<LeaseRow>("SELECT " + store::columns<LeaseRow>() + " FROM leases ORDER BY name");
  });
}

void Leases::look() {
  std::vector<std::shared_ptr<Lease::State>> wanted, owed;
  {
    const std::lock_guard lock(mutex_);
    wanted = wanted_;
    owed.swap(owed_);
  }
  for (const auto& lease : owed) free(lease);
  for (const auto& lease : wanted) {
    if (lease->node == nodes_.id().value) continue;
    if (lease->node.exchange(0) != 0) {
      log_.warn("work", "a lease was lost", {{"lease", lease->name}});
      if (lease->changed) lease->changed();
    }
    if (const Status taken = take(lease); !taken) {
      log_.debug("work", "a lease cannot be taken now", {{"lease", lease->name}, {"cause", taken.error().describe()}});
    }
  }
}

Status Leases::take(const std::shared_ptr<Lease::State>& lease) {
  const NodeId self = nodes_.id();
  const auto free = SOUK_TRY(store_.read([&](store::Tx& tx) {
    return tx.scalar<std::int64_t>(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM leases l JOIN nodes n ON n.id = l.node_id WHERE l.name = $1)",
        lease->name);
  }));
  if (!free) return {};
  const auto token = SOUK_TRY(store_.write([&](store::Tx& tx) {
    return tx.scalar<std::int64_t>(
        "INSERT INTO leases (name, node_id, token, take_time) SELECT $1, id, 1, $3 FROM nodes WHERE id = $2 "
        "ON CONFLICT (name) DO UPDATE SET node_id = excluded.node_id, token = leases.token + 1, "
        "take_time = excluded.take_time WHERE leases.node_id NOT IN (SELECT id FROM nodes) RETURNING token",
        lease->name, self, nodes_.clock().now());
  }));
  if (!token) return {};
  lease->token.store(*token, std::memory_order_release);
  if (!settle(lease, self.value)) return {};
  log_.info("work", "a lease was taken", {{"lease", lease->name}, {"token", *token}});
  if (lease->changed) lease->changed();
  return {};
}

// False: nobody wants it any more, and it goes back.
bool Leases::settle(const std::shared_ptr<Lease::State>& lease, std::int64_t node) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(wanted_, lease) == wanted_.end()) {
    owed_.push_back(lease);
    nodes_.beat_soon();
    return false;
  }
  lease->node.store(node, std::memory_order_release);
  return true;
}

void Leases::give_back(const std::shared_ptr<Lease::State>& lease) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(wanted_, lease);
    if (lease->node.exchange(0) == 0) return;
  }
  free(lease);
}

void Leases::free(const std::shared_ptr<Lease::State>& lease) {
  const Status given = store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.exec("UPDATE leases SET node_id = 0 WHERE name = $1 AND token = $2", lease->name, lease->token.load()));
    if (tx.dialect() == store::Dialect::sqlite) return {};
    return tx.defer("SELECT pg_notify('souk_nodes', '')");
  });
  if (given) return nodes_.beat_soon();
  const std::lock_guard lock(mutex_);
  owed_.push_back(lease);
}

}  // namespace souk::work
