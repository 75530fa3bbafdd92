// SPDX-License-Identifier: Apache-2.0
//
// The audit log: a row for every change, written in the change's own transaction (each event that somebody caused is
// one), and for every refusal. Rows are only ever added. After their commit the holder of a lease chains them: each
// link is the hash of the link before and of the row, so that one who alters, takes out or reorders rows breaks the
// chain at that place (base/hash_chain.h; `souk audit verify` computes it anew from what is exported). Who can
// write the whole database can write a whole new chain: keep its head elsewhere, it is logged now and then.
// Thread-safe; lives no longer than the Access it was made of.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "access/access.h"
#include "access/audit/refusals.h"
#include "store/lists/listing.h"
#include "work/leases.h"

namespace souk::access {

BOOST_DEFINE_ENUM_CLASS(Outcome, DONE, REFUSED)

using AuditEventId = Id<struct AuditEventKind>;

struct AuditEvent {
  AuditEventId id;
  Time time;
  Time first_time;  // of the first that `count` joins
  std::int64_t count = 1;
  std::string actor;
  std::int64_t actor_id = 0;  // 0: nobody with a row
  std::string credential;     // "key 12", "session 7"
  std::string address;
  std::string action;  // "model.created"; of a refusal the route
  Outcome outcome = Outcome::DONE;
  std::string namespace_;
  std::string kind;  // of the object
  std::int64_t object_id = 0;
  std::string object;  // its name; of a refusal the path
  std::string trace_id;
  json::Raw detail;
};
BOOST_DESCRIBE_STRUCT(AuditEvent, (),
                      (id, time, first_time, count, actor, actor_id, credential, address, action, outcome, namespace_,
                       kind, object_id, object, trace_id, detail))

// A row of the chain with what it is of; without an event the row that was there is gone.
struct ChainedEvent {
  std::int64_t position = 0;
  std::int64_t event_id = 0;
  std::string hash;  // 64 hex digits
  std::optional<AuditEvent> event;
};
BOOST_DESCRIBE_STRUCT(ChainedEvent, (), (position, event_id, hash, event))

class Audit {
 public:
  Audit(Access& access, work::Leases& leases);
  ~Audit();

  // The newest first. Takes ADMIN everywhere, or, with a namespace, on that. Errors: permission_denied, not_found
  Result<store::Page<AuditEvent>> list(const Call& call, std::string_view ns, const store::ListQuery& query) const;
  // Up to `limit` links after a position, in order. Takes ADMIN everywhere.
  Result<std::vector<ChainedEvent>> read_chain(const Call& call, std::int64_t after, std::int64_t limit) const;
  // Rows that are not chained yet. Takes ADMIN everywhere.
  Result<std::int64_t> unchained(const Call& call) const;

  // Writes what was refused, and chains what is not chained. A thread does both, within a second of what happens.
  Status write_refusals(bool all = false);
  Result<std::size_t> chain_some();

 private:
  void run(std::stop_token stop);
  Status look_back();
  void tell_head();

  Access& access_;
  Access::State& state_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unique_ptr<work::Lease> lease_;  // wakes
  std::int64_t low_ = 0;                // all rows up to it are chained, or will never be there
  std::int64_t next_low_ = 0;           // the newest row when `looked_` was
  std::chrono::steady_clock::time_point looked_;
  std::chrono::steady_clock::time_point told_;
  std::int64_t held_token_ = 0;  // of the lease when low_ was found
  std::jthread thread_;
};

// The row of an event, in the transaction of its change.
Status insert_audit(store::Tx& tx, const events::NewEvent& event);

}  // namespace souk::access
