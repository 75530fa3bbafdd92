// SPDX-License-Identifier: Apache-2.0
#include "work/work.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>

#include "base/pool.h"
#include "work/dispatcher.h"
#include "work/item_rows.h"
#include "work/schedules/schedule_rows.h"
#include "work/status_rows.h"

namespace souk::work {

void declare(settings::Table& table, WorkSettings& s) {
  table.add("work.node_timeout", s.nodes.timeout,
            {.help = "A node that has not told for so long that it lives is dead, and others go on with its work.",
             .min = 500,
             .max = 60'000});
  table.add("work.keep_done", s.keep_done,
            {.help = "How long work that was done is remembered by its key, and not done again.",
             .min = 1'000,
             .max = 30 * 86'400'000.0});
  table.add(
      "work.keep_dead", s.keep_dead,
      {.help = "How long work that failed for good waits for an operator.", .min = 1'000, .max = 365 * 86'400'000.0});
}

struct Work::State {
  State(WorkSettings settings, store::Store& store, Nodes& nodes, Logger& log, Metrics& metrics)
      : store(store), nodes(nodes), log(log), metrics(metrics), dispatcher(settings, store, nodes, log, metrics) {}

  Time wall() const { return store.dialect() == store::Dialect::sqlite ? souk::now() : nodes.clock().now(); }
  // Of an item that is put in: whom to tell once it is there.
  void announce(store::Tx& tx, const NewItem& item) {
    const Time now = nodes.clock().now();
    tx.on_commit([this, queue = item.queue, delay = item.delay, deadline = item.deadline, now] {
      if (deadline) dispatcher.alarm_at(now + *deadline);
      if (delay > Duration(0)) return dispatcher.alarm_at(now + delay);
      dispatcher.wake(queue);
    });
  }
  void heard(const std::string& payload);
  Result<std::vector<QueueStatus>> status();
  void show();
  Status count_items();

  store::Store& store;
  Nodes& nodes;
  Logger& log;
  Metrics& metrics;
  Dispatcher dispatcher;
  std::mutex shown_mutex;
  std::condition_variable shown;
  bool showing = false;
  Deadline show_again{};
  Pool counter{"work-metrics", 1, 1};
};

// Of another node: its id when it has more than it can take, "cancel ID", or nothing when something was missed.
void Work::State::heard(const std::string& payload) {
  constexpr std::string_view kCancel = "cancel ";
  std::int64_t number = 0;
  std::string_view digits = payload;
  const bool cancel = digits.starts_with(kCancel);
  if (cancel) digits.remove_prefix(kCancel.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (cancel) return dispatcher.end(ItemId(number));
  if (NodeId(number) != nodes.id()) dispatcher.wake_all();
}

Work::Work(WorkSettings settings, store::Store& store, Nodes& nodes, Logger& log, Metrics& metrics)
    : state_(std::make_shared<State>(settings, store, nodes, log, metrics)) {
  store.listen("souk_work", [weak = std::weak_ptr<State>(state_)](const std::string& payload) {
    if (const auto state = weak.lock()) state->heard(payload);
  });
}

Work::~Work() {
  stop();
}

void Work::add(Queue queue) {
  state_->dispatcher.add(std::move(queue));
}

void Work::start() {
  if (state_->store.dialect() == store::Dialect::sqlite) {
    const Status rebased =
        state_->store.write([&](store::Tx& tx) { return rebase_times(tx, state_->nodes.clock().now()); });
    if (!rebased) state_->log.warn("work", "times of items cannot be read", {{"cause", rebased.error().describe()}});
  }
  state_->dispatcher.start();
  state_->metrics.on_render([weak = std::weak_ptr<State>(state_)] {
    if (const auto state = weak.lock()) state->show();
  });
}

void Work::stop() {
  state_->dispatcher.stop();
}

Result<Enqueued> Work::enqueue(store::Tx& tx, const NewItem& item) {
  const Enqueued made = SOUK_TRY(insert_item(tx, item, state_->nodes.clock().now()));
  if (made.created) state_->announce(tx, item);
  return made;
}

Status Work::send(store::Tx& tx, const NewItem& item) {
  if (!item.key.empty()) return invalid_argument("an item with a key is enqueued, not sent").at("key");
  SOUK_TRY(send_item(tx, item, state_->nodes.clock().now()));
  state_->announce(tx, item);
  return {};
}

Result<bool> Work::cancel(store::Tx& tx, ItemId id) {
  const std::optional<Item> item = SOUK_TRY(find_item(tx, id));
  if (!item || item->state == ItemState::DEAD || item->state == ItemState::DONE) return false;
  if (item->state != ItemState::RUNNING) {
    if (!SOUK_TRY(remove_item(tx, *item))) return aborted("the item moved at this moment: ask again");
    const Lane* lane = state_->dispatcher.lane(item->queue);
    if (lane != nullptr && lane->queue.gave_up) {
      SOUK_TRY(lane->queue.gave_up(tx, *item, cancelled("it was cancelled")));
    }
    return true;
  }
  SOUK_TRY(tx.exec("UPDATE work_items SET cancel = 1 WHERE id = $1 AND state = 'RUNNING'", id));
  if (tx.dialect() == store::Dialect::postgresql) {
    SOUK_TRY(tx.defer("SELECT pg_notify('souk_work', $1)", "cancel " + std::to_string(id.value)));
  }
  tx.on_commit([state = state_.get(), id] { state->dispatcher.end(id); });
  return true;
}

Status Work::put_schedule(store::Tx& tx, const NewSchedule& schedule) {
  SOUK_TRY(write_schedule(tx, schedule, state_->wall()));
  tx.on_commit([state = state_.get()] { state->dispatcher.schedules_changed(); });
  return {};
}

Result<bool> Work::remove_schedule(store::Tx& tx, std::string_view name) {
  return delete_schedule(tx, name);
}

Result<std::vector<Schedule>> Work::schedules() {
  return state_->store.read(all_schedules);
}

Result<std::vector<QueueStatus>> Work::State::status() {
  auto found = SOUK_TRY(store.read(queue_statuses));
  for (const auto& [name, lane] : dispatcher.lanes()) {
    const auto at = std::ranges::find(found, name, &QueueStatus::name);
    QueueStatus& one = at != found.end() ? *at : found.emplace_back();
    one.name = name;
    one.concurrency = lane.queue.concurrency;
  }
  std::ranges::sort(found, {}, &QueueStatus::name);
  return found;
}

// Counting takes statements, a million rows take a while, and who renders may be a connection's thread: it is done
// beside, not at each scrape, and waited for no longer than a moment.
void Work::State::show() {
  constexpr std::chrono::milliseconds kMoment{50};
  std::unique_lock lock(shown_mutex);
  if (showing || std::chrono::steady_clock::now() < show_again) return;
  const Status posted = counter.post([this] {
    const auto begun = std::chrono::steady_clock::now();
    const Status counted = count_items();
    const auto ended = std::chrono::steady_clock::now();
    const std::lock_guard end(shown_mutex);
    show_again = ended + std::chrono::seconds(1) + (counted ? 50 * (ended - begun) : Deadline::duration());
    showing = false;
    shown.notify_all();
  });
  if (!posted) return;
  showing = true;
  shown.wait_for(lock, kMoment, [this] { return !showing; });
}

Status Work::State::count_items() {
  const std::vector<QueueStatus> found = SOUK_TRY(status());
  auto items = metrics.gauge("souk_work_items", "Items, by state.", {"queue", "state"});
  auto oldest = metrics.gauge("souk_work_oldest_seconds", "Since when the item that waits longest does.", {"queue"});
  const Time now = nodes.clock().now();
  for (const QueueStatus& one : found) {
    items.with({one.name, "waiting"}).set(static_cast<double>(one.waiting));
    items.with({one.name, "delayed"}).set(static_cast<double>(one.delayed));
    items.with({one.name, "running"}).set(static_cast<double>(one.running));
    items.with({one.name, "dead"}).set(static_cast<double>(one.dead));
    const Duration age = one.oldest_waiting ? now - *one.oldest_waiting : Duration(0);
    oldest.with({one.name}).set(std::chrono::duration<double>(age).count());
  }
  return {};
}

Result<std::vector<QueueStatus>> Work::queues() {
  return state_->status();
}

Result<store::Page<Item>> Work::items(std::string_view queue, const store::ListQuery& query,
                                      std::string_view token_key) {
  return state_->store.read([&](store::Tx& tx) { return list_items(tx, queue, query, token_key); });
}

Result<Item> Work::get(std::string_view queue, ItemId id) {
  std::optional<Item> item = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_item(tx, id); }));
  if (item && item->queue == queue) return *std::move(item);
  return not_found("queue " + std::string(queue) + " has no item " + std::to_string(id.value));
}

namespace {

// Dead items in batches, each in a transaction with what its queue has to write about it.
constexpr std::int64_t kBatch = 200;

}  // namespace

Result<std::int64_t> Work::retry(std::string_view queue, ItemId id, const Also& also) {
  const Lane* lane = state_->dispatcher.lane(queue);
  const auto revive = [&](store::Tx& tx, const Item& item) -> Status {
    SOUK_TRY(revive_item(tx, item, state_->nodes.clock().now()));
    if (also) SOUK_TRY(also(tx, item));
    if (lane == nullptr || !lane->queue.revived) return {};
    return lane->queue.revived(tx, item);
  };
  const auto count = SOUK_TRY(each_dead(state_->store, queue, id, kBatch, revive));
  state_->dispatcher.wake(std::string(queue));
  return count;
}

Status Work::cancel(std::string_view queue, ItemId id, const Also& also) {
  return state_->store.write([&](store::Tx& tx) -> Status {
    const std::string label = "item " + std::to_string(id.value) + " of queue " + std::string(queue);
    const std::optional<Item> item = SOUK_TRY(find_item(tx, id));
    if (!item || item->queue != queue) return not_found(label + " does not exist");
    if (SOUK_TRY(cancel(tx, id))) return also ? also(tx, *item) : Status();
    return failed_precondition(label + " is " + std::string(json::enum_name(item->state)) +
                               ": nothing of it waits or runs");
  });
}

Result<std::int64_t> Work::drop(std::string_view queue, ItemId id, const Also& also) {
  return each_dead(state_->store, queue, id, kBatch, [&](store::Tx& tx, const Item& item) -> Status {
    SOUK_TRY(remove_item(tx, item));
    return also ? also(tx, item) : Status();
  });
}

}  // namespace souk::work
