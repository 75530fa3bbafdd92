// SPDX-License-Identifier: Apache-2.0
#include "serving/routes.h"

#include "serving/batching/queue.h"
#include "serving/bell.h"

namespace souk::serving {

void DeploymentMetrics::count(std::optional<Code> error, double seconds, const Trace* trace) {
  duration->observe(seconds, trace);
  if (!error) return ok->add();
  errors.fetch_add(1, std::memory_order_relaxed);
  requests.with({name, code_name(*error)}).add();
}

void Replicated::keep_figures(CopyCounters copies) {
  if (own_figures_) return;
  own_figures_ = std::make_unique<Figures>(copies);
  figures_.store(own_figures_.get(), std::memory_order_release);
}

void Replicated::count(std::optional<Code> error, std::chrono::nanoseconds took, const Trace* trace) {
  metrics->count(error, std::chrono::duration<double>(took).count(), trace);
  series->counted(error, took, trace);
  if (Figures* const f = figures()) f->answered(error, took);
}

bool Replicated::pin() {
  if (pins_.fetch_add(1, std::memory_order_acq_rel) & kClosed) {
    unpin();
    return false;
  }
  return true;
}

void Replicated::unpin() {
  if ((pins_.fetch_sub(1, std::memory_order_acq_rel) & ~kAsleep) == kClosed + 1) bell->ring();
}

bool Replicated::fall_asleep() {
  std::uint64_t none = 0;
  return pins_.compare_exchange_strong(none, kAsleep, std::memory_order_acq_rel);
}

void Replicated::open(bool asleep) {
  if (asleep) pins_.fetch_or(kAsleep, std::memory_order_release);
  pins_.fetch_and(asleep ? ~kClosed : ~(kClosed | kAsleep), std::memory_order_release);
}

namespace {

struct Seen {
  std::uint64_t identity = 0;
  std::uint64_t version = 0;
  std::shared_ptr<const Routes> routes;
};

std::uint64_t next_identity() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

RouteTable::RouteTable() : identity_(next_identity()), routes_(std::make_shared<Routes>()) {}

void RouteTable::publish(std::shared_ptr<const Routes> routes) {
  std::lock_guard lock(mutex_);
  routes_ = std::move(routes);
  version_.fetch_add(1, std::memory_order_release);
}

const Routes& RouteTable::current() const {
  thread_local Seen seen;
  if (seen.identity != identity_ || seen.version != version_.load(std::memory_order_acquire)) {
    std::lock_guard lock(mutex_);
    seen = {identity_, version_.load(std::memory_order_relaxed), routes_};
  }
  return *seen.routes;
}

Pinned::Pinned(std::shared_ptr<Replicated> replica, const access::Call& call, std::shared_ptr<const Split> split)
    : replica_(std::move(replica)),
      target_(replica_->target.get()),
      caller_(call.principal->id.value),
      trace_(call.trace),
      split_(std::move(split)) {}

Pinned& Pinned::operator=(Pinned&& other) noexcept {
  if (this != &other) {
    if (replica_) replica_->unpin();
    replica_ = std::move(other.replica_);
    target_ = other.target_;
    caller_ = other.caller_;
    trace_ = std::move(other.trace_);
    split_ = std::move(other.split_);
  }
  return *this;
}

Batching Pinned::batching() const {
  return replica_->queue ? replica_->queue->batching() : target_->batching;
}

runtimes::Concurrency Pinned::concurrency() const {
  return replica_->asleep() || !replica_->runtime ? runtimes::Concurrency() : replica_->runtime->concurrency();
}

Pinned::~Pinned() {
  if (replica_) replica_->unpin();
}

}  // namespace souk::serving
