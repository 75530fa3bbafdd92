// SPDX-License-Identifier: Apache-2.0
#include "events/log.h"

#include <algorithm>

#include "events/event_rows.h"
#include "events/hub.h"
#include "events/notifier.h"

namespace souk::events {

bool Filter::admits(const Event& event) const {
  const auto matches = [&event](std::string_view wanted) {
    if (!wanted.ends_with(".*")) return event.type == wanted;
    return std::string_view(event.type).starts_with(wanted.substr(0, wanted.size() - 1));
  };
  if (!types.empty() && !std::ranges::any_of(types, matches)) return false;
  return !visible || visible(event);
}

Log::Log(store::Store& store, Logger& log, Metrics& metrics)
    : store_(store),
      appended_(metrics.counter("souk_events_appended_total", "Events written.").with()),
      hub_(std::make_shared<Hub>(store, log, metrics)) {
  if (store.dialect() != store::Dialect::postgresql) return;
  notifier_ = std::make_unique<Notifier>(store, log);
  // The store may call this as long as it lives, which is longer than the hub.
  store.listen(kChannel, [hub = std::weak_ptr(hub_)](const std::string&) {
    if (const auto alive = hub.lock()) alive->wake();
  });
}

Log::~Log() = default;

Status Log::append(store::Tx& tx, const NewEvent& event) {
  SOUK_TRY(insert_event(tx, event));
  if (on_append_) SOUK_TRY(on_append_(tx, event));
  tx.on_commit([this] {
    appended_.add();
    hub_->wake();
    if (notifier_ != nullptr) notifier_->committed();
  });
  return {};
}

Result<Page> Log::read(std::string_view after, const Filter& filter, std::size_t limit) {
  // A filter that leaves out nearly all must not hold one call for the whole log.
  constexpr int kQueries = 10;
  Position position;
  if (!after.empty()) position = SOUK_TRY(parse_cursor(after));
  limit = std::clamp<std::size_t>(limit, 1, kLargestPage);
  return store_.read([&](store::Tx& tx) -> Result<Page> {
    if (!after.empty()) SOUK_TRY(check_known(tx, position));
    Page page;
    for (int query = 0; query < kQueries; ++query) {
      auto placed = SOUK_TRY(events_after(tx, position, limit));
      std::size_t seen = 0;
      while (seen < placed.size() && page.events.size() < limit) {
        PlacedEvent& one = placed[seen++];
        position = one.position;
        if (filter.admits(one.event)) page.events.push_back(std::move(one.event));
      }
      page.more = seen < placed.size() || placed.size() == limit;
      if (!page.more || page.events.size() == limit) break;
    }
    page.cursor = to_cursor(position);
    return page;
  });
}

Result<std::vector<Event>> Log::of_object(std::string_view kind, std::int64_t id, std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, kLargestPage);
  auto placed = SOUK_TRY(store_.read([&](store::Tx& tx) { return events_of(tx, kind, id, limit); }));
  std::vector<Event> events;
  for (auto one = placed.rbegin(); one != placed.rend(); ++one) events.push_back(std::move(one->event));
  return events;
}

Result<std::string> Log::head() {
  return to_cursor(SOUK_TRY(store_.read(last_position)));
}

Result<Subscription> Log::subscribe(Filter filter, std::function<void(const EventPtr&)> f, std::string_view after) {
  Position position;
  if (after.empty()) {
    position = SOUK_TRY(store_.read(last_position));
  } else {
    position = SOUK_TRY(parse_cursor(after));
    SOUK_TRY(store_.read([&](store::Tx& tx) { return check_known(tx, position); }));
  }
  return hub_->subscribe(std::move(filter), std::move(f), position);
}

Duration Log::silence() const {
  return hub_->silence();
}

Result<std::int64_t> Log::prune(Time before) {
  std::int64_t deleted = 0;
  for (;;) {
    const auto some = SOUK_TRY(store_.write([&](store::Tx& tx) { return delete_oldest(tx, before, kLargestPage); }));
    deleted += some;
    if (some < static_cast<std::int64_t>(kLargestPage)) return deleted;
  }
}

}  // namespace souk::events
