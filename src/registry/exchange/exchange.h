// SPDX-License-Identifier: Apache-2.0
//
// A namespace as one archive, and back: models with versions, bytes, aliases and their history, experiments with runs,
// metrics and artifacts, environments, lineage. Export and import are items on the durable queue: each goes on after a
// restart, on whatever node, and can be cancelled. What comes in is taken for hostile: paths, sizes, digests, fields
// and model files are checked as if they were pushed.
//
//   QUEUED → RUNNING → SUCCEEDED | FAILED | CANCELLED
//   phases: READ (export); UNPACK, CHECK, APPLY (import)
//
// An object that is there is left alone: when it is the same, that is no conflict, so importing twice changes nothing.
// Before anything is applied all conflicts are known. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/exchange/settings.h"
#include "registry/registry.h"
#include "work/work.h"

namespace souk::registry {

using TransferId = Id<struct TransferKind_>;

BOOST_DEFINE_ENUM_CLASS(TransferKind, EXPORT, IMPORT)
BOOST_DEFINE_ENUM_CLASS(TransferState, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
BOOST_DEFINE_ENUM_CLASS(TransferPhase, READ, UNPACK, CHECK, APPLY)
// What becomes of an object whose name is taken by another one.
BOOST_DEFINE_ENUM_CLASS(Conflict, FAIL, SKIP)

struct Transfer {
  TransferId id;
  NamespaceId namespace_id;
  TransferKind kind = TransferKind::EXPORT;
  Conflict conflict = Conflict::FAIL;
  std::string source;  // the namespace that the archive is of
  std::string actor;
  work::ItemId item_id;
  TransferState state = TransferState::QUEUED;
  TransferPhase phase = TransferPhase::READ;
  std::optional<Digest> archive;  // in the repository kArchives of the namespace
  std::optional<std::int64_t> total_bytes;
  std::int64_t done_bytes = 0;
  std::int64_t entries = 0;    // of the archive, so far
  std::int64_t applied = 0;    // of its parts
  std::int64_t created = 0;    // models, experiments, environments …
  std::int64_t unchanged = 0;  // … that were there already
  std::int64_t skipped = 0;
  std::string error_code, error;
  Time create_time, update_time;

  bool is_over() const { return state != TransferState::QUEUED && state != TransferState::RUNNING; }
  // The phase says what is done next, or where it ended; of one that succeeded it says nothing.
  bool has_phase() const { return state != TransferState::SUCCEEDED; }
};
BOOST_DESCRIBE_STRUCT(Transfer, (),
                      (id, namespace_id, kind, conflict, source, actor, item_id, state, phase, archive, total_bytes,
                       done_bytes, entries, applied, created, unchanged, skipped, error_code, error, create_time,
                       update_time))

// Where archives lie as blobs: uploaded to, and downloaded from, like those of any repository.
inline constexpr std::string_view kArchives = "namespace-archives";

class Exchange {
 public:
  // Adds its queue; before `work` starts.
  Exchange(ExchangeSettings settings, store::Store& store, events::Log& events, access::Access& access,
           artifacts::Artifacts& artifacts, Inspector& inspector, work::Work& work, Logger& log);
  ~Exchange();

  Result<Transfer> begin_export(const access::Call& call, std::string_view ns);
  // Errors: not_found (the blob)
  Result<Transfer> begin_import(const access::Call& call, std::string_view ns, const Digest& archive,
                                Conflict conflict);
  Result<Transfer> get(const access::Call& call, std::string_view ns, TransferKind kind, TransferId id);
  // The latest first, at most 100.
  Result<std::vector<Transfer>> list(const access::Call& call, std::string_view ns, TransferKind kind);
  // Errors: failed_precondition (it is over)
  Result<Transfer> cancel(const access::Call& call, std::string_view ns, TransferKind kind, TransferId id);
  // Gives up the archives of exports that are older than exchange.keep; how many.
  Result<std::int64_t> prune();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace souk::registry
