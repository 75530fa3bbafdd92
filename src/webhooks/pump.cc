// SPDX-License-Identifier: Apache-2.0
#include "webhooks/pump.h"

#include <pthread.h>

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "webhooks/state.h"
#include "webhooks/webhook_rows.h"

namespace souk::webhooks {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::chrono::seconds kAfterFailure{1};
// How far back a restart looks again, at most: cursors of webhooks that nothing happens for are saved this often.
constexpr std::chrono::seconds kSaveEvery{30};

// Standard Webhooks: type, timestamp and data.
std::string body_of(const events::Event& event) {
  std::string out;
  json::Writer to(out);
  to.begin_object();
  to.key("type");
  to.value(event.type);
  to.key("timestamp");
  to.value(format_rfc3339(event.time));
  to.key("data");
  to.raw(json::write(event));
  to.end_object();
  return out;
}

// The same for the same event and webhook, however often it is sent.
std::string message_id_of(WebhookId id, const events::Event& event) {
  return "msg_" + sha256(std::to_string(id.value) + " " + event.cursor).hex().substr(0, 32);
}

Delivery delivery_of(WebhookId id, const events::Event& event) {
  Delivery out;
  out.webhook_id = id;
  out.message_id = message_id_of(id, event);
  out.event_cursor = event.cursor;
  out.type = event.type;
  out.lane = event.kind + ":" + (event.id != 0 ? std::to_string(event.id) : event.name);
  out.body = body_of(event);
  return out;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view type) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < type.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == type[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Pump::Pump(Webhooks::State& state, work::Leases& leases)
    : state_(state), lease_(leases.want("webhooks", [bell = bell_] { bell->ring(); })) {}

Pump::~Pump() {
  stop();
}

Status Pump::start() {
  // Without webhooks nothing is read, so that there is one now must be heard here.
  subscription_ = SOUK_TRY(state_.events.subscribe({}, [this](const events::EventPtr& event) {
    if (event->kind == "webhook") changed_ = true;
    bell_->ring();
  }));
  bell_->ring();
  thread_ = std::thread([this] { loop(); });
  return {};
}

void Pump::stop() {
  subscription_.reset();
  bell_->stop();
  if (thread_.joinable()) thread_.join();
}

void Pump::loop() {
  pthread_setname_np(pthread_self(), "souk-webhooks");
  bool failing = false;
  for (Deadline next = kNoDeadline; bell_->wait_until(next);) {
    next = kNoDeadline;
    if (!lease_->held()) {
      stale_ = true;
      continue;
    }
    const Result<bool> more = turn();
    if (more) {
      if (std::exchange(failing, false)) state_.log.info("webhooks", "events become deliveries again");
      if (*more) bell_->ring();
      continue;
    }
    // Another node has the lease, or the database is away: begin anew from what is written.
    stale_ = true;
    next = std::chrono::steady_clock::now() + kAfterFailure;
    if (more.error().code != Code::aborted && !std::exchange(failing, true)) {
      state_.log.warn("webhooks", "events do not become deliveries", {{"cause", more.error().describe()}});
    }
  }
}

Status Pump::load() {
  std::map<WebhookId, Hook> before;
  for (Hook& hook : hooks_) before.emplace(hook.id, std::move(hook));
  hooks_.clear();
  for (Webhook& row : SOUK_TRY(state_.store.read(active_webhooks))) {
    Hook hook{row.id, row.namespace_id, SOUK_TRY(json::read<std::vector<std::string>>(row.events.text)), row.cursor,
              row.cursor};
    // A cursor that nobody moved since: what was looked at is not looked at again.
    const auto known = before.find(hook.id);
    if (known != before.end() && known->second.saved == hook.saved) hook.at = known->second.at;
    hooks_.push_back(std::move(hook));
  }
  stale_ = false;
  return {};
}

Result<bool> Pump::turn() {
  if (changed_.exchange(false)) stale_ = true;
  if (stale_) SOUK_TRY(load());
  std::map<std::string, Group> groups;
  for (Hook& hook : hooks_) groups[hook.at].push_back(&hook);
  bool more = false;
  for (const auto& [from, group] : groups) {
    const auto read_on = read(from, group);
    if (read_on) {
      more = more || *read_on;
    } else if (read_on.error().code == Code::invalid_argument) {
      SOUK_TRY(reset(group, read_on.error()));
    } else {
      return read_on.error();
    }
  }
  SOUK_TRY(save(false));
  return more || stale_;
}

Result<bool> Pump::read(const std::string& from, const Group& group) {
  std::set<NamespaceId> namespaces;
  for (const Hook* hook : group) namespaces.insert(hook->namespace_id);
  events::Filter filter;
  filter.visible = [&](const events::Event& event) { return namespaces.contains(event.namespace_id); };
  events::Page page = SOUK_TRY(state_.events.read(from, filter, kPage));
  if (page.cursor == from) return false;
  std::string reached = page.cursor;
  // What changes a webhook counts for what comes after it.
  const auto change =
      std::ranges::find_if(page.events, [](const events::Event& event) { return event.kind == "webhook"; });
  if (change != page.events.end()) {
    reached = change->cursor;
    page.events.erase(change + 1, page.events.end());
    stale_ = true;
  }
  SOUK_TRY(deliver(group, page.events, reached));
  return page.more || change != page.events.end();
}

Status Pump::deliver(const Group& group, const std::vector<events::Event>& events, const std::string& reached) {
  std::map<Hook*, std::vector<const events::Event*>> wanted;
  for (Hook* hook : group) {
    for (const events::Event& event : events) {
      if (event.namespace_id != hook->namespace_id || (event.kind == "webhook" && event.id == hook->id.value)) continue;
      if (std::ranges::any_of(hook->events, [&](const auto& pattern) { return matches(pattern, event.type); }))
        wanted[hook].push_back(&event);
    }
  }
  std::set<Hook*> moved;
  if (!wanted.empty()) {
    SOUK_TRY(state_.store.write([&](store::Tx& tx) -> Status {
      moved.clear();
      SOUK_TRY(lease_->check(tx));
      for (const auto& [hook, about] : wanted) {
        if (!SOUK_TRY(move_cursor(tx, hook->id, hook->saved, reached))) continue;
        moved.insert(hook);
        for (const events::Event* event : about)
          SOUK_TRY(state_.add(tx, hook->namespace_id, delivery_of(hook->id, *event)));
      }
      return {};
    }));
  }
  for (Hook* hook : group) {
    if (wanted.contains(hook) && !moved.contains(hook)) {
      stale_ = true;  // somebody changed it
      continue;
    }
    hook->at = reached;
    if (moved.contains(hook)) hook->saved = reached;
  }
  return {};
}

Status Pump::reset(const Group& group, const Error& why) {
  const std::string head = SOUK_TRY(state_.events.head());
  state_.log.warn("webhooks", "webhooks stood at a place that the event log does not know: they go on from now",
                  {{"cause", why.describe()}});
  for (Hook* hook : group) hook->at = head;
  return save(true);
}

Status Pump::save(bool all) {
  const auto time = std::chrono::steady_clock::now();
  if (!all && time - saved_ < kSaveEvery) return {};
  saved_ = time;
  if (std::ranges::none_of(hooks_, [](const Hook& hook) { return hook.at != hook.saved; })) return {};
  SOUK_TRY(state_.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(lease_->check(tx));
    for (const Hook& hook : hooks_) {
      if (hook.at != hook.saved) SOUK_TRY(move_cursor(tx, hook.id, hook.saved, hook.at));
    }
    return {};
  }));
  for (Hook& hook : hooks_) hook.saved = hook.at;
  return {};
}

}  // namespace souk::webhooks
