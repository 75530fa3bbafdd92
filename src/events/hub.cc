// SPDX-License-Identifier: Apache-2.0
#include "events/hub.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <exception>

namespace souk::events {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::chrono::milliseconds kLookAgain{50};  // PostgreSQL: other nodes, and transactions that ended
constexpr std::chrono::milliseconds kAfterFailure{500};
constexpr std::chrono::milliseconds kGather{2};  // PostgreSQL: between reads while many commit, each of which wakes

}  // namespace

struct Hub::Subscriber {
  Filter filter;
  std::function<void(const EventPtr&)> f;
  Position position;  // of the reading thread

  std::recursive_mutex mutex;  // held while f runs, so that the end of a subscription waits for it
  bool ended = false;
};

struct Hub::State {
  explicit State(Gauge& gauge) : gauge(gauge) {}

  std::mutex mutex;
  std::condition_variable woken;
  Group subscribers;
  bool dirty = false;
  bool closing = false;
  Gauge& gauge;

  void wake() {
    const std::lock_guard lock(mutex);
    if (std::exchange(dirty, true)) return;
    woken.notify_one();
  }
  void end(const std::shared_ptr<Subscriber>& subscriber) {
    {
      const std::lock_guard lock(subscriber->mutex);
      subscriber->ended = true;
    }
    const std::lock_guard lock(mutex);
    if (std::erase(subscribers, subscriber) > 0 && !closing) gauge.set(static_cast<double>(subscribers.size()));
  }
};

Hub::Hub(store::Store& store, Logger& log, Metrics& metrics)
    : store_(store),
      log_(log),
      queries_(metrics.counter("souk_events_queries_total", "Reads of the event log for subscribers.").with()),
      delivered_(metrics.counter("souk_events_delivered_total", "Events told to subscribers.").with()),
      state_(std::make_shared<State>(metrics.gauge("souk_events_subscribers", "Subscribers at this moment.").with())),
      thread_([this] { loop(); }) {}

Hub::~Hub() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    state_->woken.notify_one();
  }
  thread_.join();
}

void Hub::wake() {
  state_->wake();
}

Duration Hub::silence() const {
  if (store_.dialect() == store::Dialect::sqlite) return Duration(0);
  const std::chrono::steady_clock::duration last(last_read_.load(std::memory_order_relaxed));
  const auto since = std::chrono::steady_clock::now().time_since_epoch() - last;
  return std::max(Duration(0), std::chrono::duration_cast<Duration>(since));
}

Subscription Hub::subscribe(Filter filter, std::function<void(const EventPtr&)> f, Position after) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->filter = std::move(filter);
  subscriber->f = std::move(f);
  subscriber->position = after;
  {
    const std::lock_guard lock(state_->mutex);
    state_->subscribers.push_back(subscriber);
    state_->gauge.set(static_cast<double>(state_->subscribers.size()));
  }
  state_->wake();
  void* const itself = subscriber.get();
  return Subscription({itself, [state = state_, subscriber](void*) { state->end(subscriber); }});
}

void Hub::loop() {
  pthread_setname_np(pthread_self(), "souk-events");
  while (wait_for_work()) {
    const bool readable = read_all();
    if (readable) continue;
    std::unique_lock lock(state_->mutex);
    state_->woken.wait_for(lock, kAfterFailure, [this] { return state_->closing; });
    state_->dirty = true;  // what was not read is still to be read
  }
}

bool Hub::wait_for_work() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto something = [&state] { return state.closing || state.dirty; };
  if (store_.dialect() == store::Dialect::postgresql && !state.subscribers.empty()) {
    state.woken.wait_for(lock, kLookAgain, something);
    const std::chrono::steady_clock::time_point last(
        std::chrono::steady_clock::duration(last_read_.load(std::memory_order_relaxed)));
    state.woken.wait_until(lock, last + kGather, [&state] { return state.closing; });
  } else {
    state.woken.wait(lock, something);
  }
  state.dirty = false;
  return !state.closing;
}

bool Hub::read_all() {
  for (bool more = true; more;) {
    more = false;
    std::map<Position, Group> by_position;
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->closing) return true;
      for (const auto& subscriber : state_->subscribers) by_position[subscriber->position].push_back(subscriber);
    }
    for (const auto& [position, group] : by_position) {
      if (const Status read = read_for(position, group, more); !read) {
        if (!std::exchange(failing_, true)) {
          log_.warn("events", "the event log cannot be read", {{"cause", read.error().describe()}});
        }
        return false;
      }
    }
  }
  last_read_.store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  if (std::exchange(failing_, false)) log_.info("events", "the event log can be read again");
  return true;
}

Status Hub::read_for(Position position, const Group& group, bool& more) {
  queries_.add();
  auto placed =
      SOUK_TRY(store_.read([&](store::Tx& tx) { return events_after(tx, position, kPage); }, store::Statements::one));
  if (placed.empty()) return {};
  const Position reached = placed.back().position;
  std::vector<EventPtr> events;
  events.reserve(placed.size());
  for (PlacedEvent& one : placed) events.push_back(std::make_shared<const Event>(std::move(one.event)));
  for (const auto& subscriber : group) deliver(*subscriber, events, reached);
  if (placed.size() == kPage) more = true;
  return {};
}

void Hub::deliver(Subscriber& subscriber, const std::vector<EventPtr>& events, Position reached) {
  subscriber.position = reached;
  for (const EventPtr& event : events) {
    const std::lock_guard lock(subscriber.mutex);
    if (subscriber.ended) return;
    try {
      if (!subscriber.filter.admits(*event)) continue;
      delivered_.add();
      subscriber.f(event);
    } catch (const std::exception& error) {
      log_.error("events", "a subscriber threw", {{"type", event->type}, {"what", error.what()}});
    }
  }
}

}  // namespace souk::events
