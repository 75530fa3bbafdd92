// SPDX-License-Identifier: Apache-2.0
//
// The thread that writes refusals and, where it holds the lease, chains what was committed.
#include <algorithm>

#include "access/audit/rows.h"
#include "access/state.h"
#include "base/hash/hash_chain.h"

namespace souk::access {

namespace {

constexpr std::size_t kBatch = 500;
constexpr std::chrono::milliseconds kTick{500};
// No transaction is open for so long: below the newest row of then, none will come any more.
constexpr std::chrono::minutes kSettled{2};
constexpr std::chrono::hours kToldEvery{1};

Result<LinkRow> last_link(store::Tx& tx) {
  auto last =
      SOUK_TRY(tx.first<LinkRow>("SELECT position, event_id, hash FROM audit_chain ORDER BY position DESC LIMIT 1"));
  return last ? std::move(*last) : LinkRow{0, 0, first_link()};
}

}  // namespace

std::vector<std::string> link_fields(std::int64_t position, const AuditEvent& event) {
  return {std::to_string(position),
          std::to_string(event.id.value),
          format_rfc3339(event.time),
          format_rfc3339(event.first_time),
          std::to_string(event.count),
          event.actor,
          std::to_string(event.actor_id),
          event.credential,
          event.address,
          event.action,
          std::string(json::enum_name(event.outcome)),
          event.namespace_,
          event.kind,
          std::to_string(event.object_id),
          event.object,
          event.trace_id,
          event.detail.text};
}

Audit::Audit(Access& access, work::Leases& leases)
    : access_(access),
      state_(access.state()),
      lease_(leases.want("audit-chain", [this] { wake_.notify_all(); })),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Audit::~Audit() {
  thread_.request_stop();
  wake_.notify_all();
  thread_.join();
  (void)write_refusals(true).has_value();
}

// Where to look from: rows commit in another order than they are numbered, but not minutes later.
Status Audit::look_back() {
  const auto at = std::chrono::steady_clock::now();
  if (lease_->token() != held_token_) {
    low_ = next_low_ = 0;  // what the holder before left
    held_token_ = lease_->token();
    looked_ = {};
  }
  if (looked_ != std::chrono::steady_clock::time_point() && at - looked_ < kSettled) return {};
  const auto newest = SOUK_TRY(
      state_.store.read([](store::Tx& tx) { return tx.scalar<std::int64_t>("SELECT MAX(id) FROM audit_events"); }));
  low_ = next_low_;
  next_low_ = newest.value_or(0);
  looked_ = at;
  return {};
}

Result<std::size_t> Audit::chain_some() {
  if (!lease_->held()) return std::size_t{0};
  SOUK_TRY(look_back());
  static const std::string sql =
      "SELECT " + store::columns<AuditEvent>("a") +
      " FROM audit_events a LEFT JOIN audit_chain c ON c.event_id = a.id WHERE a.id > $1 AND c.event_id IS NULL "
      "ORDER BY a.id LIMIT $2";
  LinkRow last;
  std::vector<AuditEvent> events;
  SOUK_TRY(state_.store.read([&](store::Tx& tx) -> Status {
    last = SOUK_TRY(last_link(tx));
    events = SOUK_TRY(tx.all<AuditEvent>(sql, low_, static_cast<std::int64_t>(kBatch)));
    return {};
  }));
  if (events.empty()) return std::size_t{0};
  std::vector<LinkRow> links;
  std::string before = last.hash;
  std::int64_t position = last.position;
  for (const AuditEvent& event : events) {
    ++position;
    before = next_link(before, link_fields(position, event));
    links.push_back({position, event.id.value, before});
  }
  SOUK_TRY(state_.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(lease_->check(tx));
    for (const LinkRow& link : links) {
      SOUK_TRY(tx.defer("INSERT INTO audit_chain (position, event_id, hash) VALUES ($1, $2, $3)", link.position,
                        link.event_id, link.hash));
    }
    return {};
  }));
  // SQLite commits in the order of the ids: what is chained need not be looked through for the next.
  if (state_.store.dialect() == store::Dialect::sqlite) low_ = std::max(low_, events.back().id.value);
  return events.size();
}

// Into the log, which who alters the database does not hold.
void Audit::tell_head() {
  const auto at = std::chrono::steady_clock::now();
  if (told_ != std::chrono::steady_clock::time_point() && at - told_ < kToldEvery) return;
  const auto last = state_.store.read([](store::Tx& tx) { return last_link(tx); });
  if (!last || last->position == 0) return;
  told_ = at;
  state_.log.info("access", "head of the audit chain", {{"position", last->position}, {"hash", last->hash}});
}

void Audit::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kTick, [] { return false; });
    }
    if (Status written = write_refusals(); !written) {
      state_.log.warn("access", "refusals were not written to the audit log", {{"error", written.error().describe()}});
    }
    for (;;) {
      const auto chained = chain_some();
      if (!chained && chained.error().code != Code::aborted) {
        state_.log.warn("access", "the audit log was not chained", {{"error", chained.error().describe()}});
      }
      if (!chained || *chained < kBatch || stop.stop_requested()) break;
    }
    if (lease_->held()) tell_head();
  }
}

}  // namespace souk::access
