// SPDX-License-Identifier: Apache-2.0
#include "access/audit/audit.h"

#include <array>

#include "access/audit/rows.h"
#include "access/people/rows.h"
#include "access/state.h"

namespace souk::access {

namespace {

using store::ColumnType;

const store::ListSchema& schema() {
  static const store::ListSchema schema{.filter = {.columns = {{"id", "a.id", ColumnType::integer, true},
                                                               {"time", "a.time", ColumnType::time, true},
                                                               {"actor", "a.actor", ColumnType::text},
                                                               {"credential", "a.credential", ColumnType::text},
                                                               {"address", "a.address", ColumnType::text},
                                                               {"action", "a.action", ColumnType::text},
                                                               {"outcome", "a.outcome", ColumnType::text},
                                                               {"namespace", "a.namespace", ColumnType::text},
                                                               {"kind", "a.kind", ColumnType::text},
                                                               {"object_id", "a.object_id", ColumnType::integer},
                                                               {"object", "a.object", ColumnType::text},
                                                               {"trace_id", "a.trace_id", ColumnType::text}}},
                                        .id = "a.id",
                                        .default_order = "id desc"};
  return schema;
}

// What of a name or path a text column may hold.
std::string plain(const std::string& text) {
  if (json::is_utf8(text) && text.find('\0') == std::string::npos) return text;
  std::string out;
  for (const char c : text) out += c >= ' ' && c < 0x7F ? c : '?';
  return out;
}

}  // namespace

Status insert_audit(store::Tx& tx, const events::NewEvent& event) {
  // What souk does by itself is in the event log; the audit is of what somebody did.
  if (event.actor.empty() || (event.actor == "system" && event.actor_id == 0)) return {};
  const Time at = now();
  return tx.defer(
      "INSERT INTO audit_events (time, first_time, count, actor, actor_id, credential, address, action, outcome, "
      "namespace, kind, object_id, object, trace_id, detail) "
      "VALUES ($1, $2, 1, $3, $4, $5, $6, $7, 'DONE', $8, $9, $10, $11, $12, $13)",
      at, at, event.actor, event.actor_id, event.credential, event.address, event.type, event.namespace_, event.kind,
      event.id, event.name, event.trace_id, event.data);
}

Status Audit::write_refusals(bool all) {
  std::vector<CountedRefusal> waiting = state_.refusals.take(now(), all);
  if (waiting.empty()) return {};
  Status written = state_.store.write([&](store::Tx& tx) -> Status {
    for (const CountedRefusal& one : waiting) {
      SOUK_TRY(tx.defer(
          "INSERT INTO audit_events (time, first_time, count, actor, actor_id, credential, address, action, outcome, "
          "namespace, kind, object_id, object, trace_id, detail) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'REFUSED', $9, '', 0, $10, $11, $12)",
          one.time, one.first_time, one.count, one.actor, one.actor_id, one.credential, one.address, one.refusal.action,
          one.namespace_, plain(one.refusal.object), one.trace_id,
          "{\"code\":\"" + std::string(code_name(one.refusal.code)) + "\"}"));
    }
    return {};
  });
  if (!written) state_.refusals.give_back(std::move(waiting));
  return written;
}

Result<store::Page<AuditEvent>> Audit::list(const Call& call, std::string_view ns,
                                            const store::ListQuery& query) const {
  std::vector<store::Value> parameters;
  std::string where = "TRUE";
  std::string scope = "audit";
  if (ns.empty()) {
    SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  } else {
    const auto in = SOUK_TRY(access_.get_namespace(call, Role::ADMIN, ns));
    parameters.emplace_back(in->slug);
    where = "a.namespace = $1";
    scope += " " + in->slug;
  }
  const std::string key = SOUK_TRY(access_.page_token_key());
  const store::Listing listing = SOUK_TRY(
      compile_listing(query, schema(), state_.store.dialect(), key, scope, static_cast<int>(parameters.size()) + 1));
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + store::columns<AuditEvent>("a") + ", " + listing.order_column +
                          " FROM audit_events a WHERE " + where + " AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT $" + std::to_string(parameters.size());
  auto rows = SOUK_TRY(state_.store.read([&](store::Tx& tx) { return tx.run(sql, parameters); }));
  return store::page_of<AuditEvent>(std::move(rows), listing, key);
}

Result<std::vector<ChainedEvent>> Audit::read_chain(const Call& call, std::int64_t after, std::int64_t limit) const {
  SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  return state_.store.read([&](store::Tx& tx) -> Result<std::vector<ChainedEvent>> {
    const auto links = SOUK_TRY(tx.all<LinkRow>(
        "SELECT position, event_id, hash FROM audit_chain WHERE position > $1 ORDER BY position LIMIT $2", after,
        limit));
    if (links.empty()) return std::vector<ChainedEvent>();
    static const std::string sql = "SELECT " + store::columns<AuditEvent>("a") +
                                   " FROM audit_chain c JOIN audit_events a ON a.id = c.event_id "
                                   "WHERE c.position > $1 AND c.position <= $2";
    std::map<std::int64_t, AuditEvent> events;
    for (AuditEvent& event : SOUK_TRY(tx.all<AuditEvent>(sql, after, links.back().position))) {
      const std::int64_t id = event.id.value;
      events.emplace(id, std::move(event));
    }
    std::vector<ChainedEvent> out;
    for (const LinkRow& link : links) {
      ChainedEvent& one = out.emplace_back(ChainedEvent{link.position, link.event_id, link.hash, {}});
      const auto event = events.find(link.event_id);
      if (event != events.end()) one.event = event->second;
    }
    return out;
  });
}

Result<std::int64_t> Audit::unchained(const Call& call) const {
  SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  const auto count = SOUK_TRY(state_.store.read([&](store::Tx& tx) {
    return tx.scalar<std::int64_t>(
        "SELECT COUNT(*) FROM audit_events a WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.event_id = a.id)");
  }));
  return count.value_or(0);
}

}  // namespace souk::access
