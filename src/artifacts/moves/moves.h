// SPDX-License-Identifier: Apache-2.0
//
// All bytes from one place to another while the server serves: folder → S3 and back.
//
//   PREPARING → COPYING → DONE      or FAILED (bytes are damaged or missing where they lay: which; or the target
//   refused
//                                   them), CANCELLED (reversed)
//
// PREPARING: every node learns to read both places. COPYING: bytes are written to the target, and a job on the durable
// queue (copying.cc) brings what was there before, each blob verified; it goes on after a restart, on whatever node.
// From then on the target is where bytes are, whatever the settings still say. Every commit of new bytes checks, in the
// transaction that links them, that its node knows where they belong. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "artifacts/artifacts.h"
#include "blobs/places.h"
#include "events/log.h"
#include "work/work.h"

namespace souk::artifacts {

using BlobMoveId = Id<struct BlobMoveKind>;

BOOST_DEFINE_ENUM_CLASS(BlobMoveState, PREPARING, COPYING, DONE, FAILED, CANCELLED)

struct BlobMove {
  BlobMoveId id;
  std::string source, target;  // URLs
  BlobMoveState state = BlobMoveState::PREPARING;
  std::int64_t total_blobs = 0, total_bytes = 0;  // when it began
  std::int64_t done_blobs = 0, done_bytes = 0;
  std::int64_t copied_blobs = 0, copied_bytes = 0;  // those done that were not there yet
  std::vector<Digest> damaged;                      // or missing; at most 100 are named
  std::string error;
  Time create_time, update_time;

  bool is_over() const { return state != BlobMoveState::PREPARING && state != BlobMoveState::COPYING; }
};
BOOST_DESCRIBE_STRUCT(BlobMove, (),
                      (id, source, target, state, total_blobs, total_bytes, done_blobs, done_bytes, copied_blobs,
                       copied_bytes, damaged, error, create_time, update_time))

class Moves : public LinkFence {
 public:
  using Open = std::function<Result<std::unique_ptr<blobs::Blobs>>(const std::string& url)>;

  // Where the bytes are: at `url`, as the settings say, unless a move says otherwise.
  // Errors: failed_precondition (a move is under way between two other places), and those of `open`
  static Result<std::unique_ptr<Moves>> start(store::Store& store, events::Log& events, const std::string& url,
                                              Open open, Logger& log);
  // Only looks: for who reads beside a server, or before its tables are there.
  static Result<std::unique_ptr<blobs::Blobs>> open_blobs(store::Store& store, const std::string& url,
                                                          const Open& open);
  // Moves of a database whose bytes were put elsewhere, by a restore, say nothing any more.
  static Status forget(store::Tx& tx);

  blobs::Places& blobs() { return places_; }
  // Adds the queue; before `work` and `nodes` start. Both outlive this.
  void join(work::Work& work, work::Nodes& nodes);

  // Begins to move all bytes to `url`; the move under way there already is it. Reversing one cancels it.
  // Errors: invalid_argument (URL), failed_precondition (they are there; another move is under way), unavailable
  Result<BlobMove> begin(const std::string& url);
  Result<BlobMove> get(BlobMoveId id);
  Result<std::vector<BlobMove>> list();  // the latest first, at most 100

  Status check(store::Tx& tx) override;
  Status renew(const Digest& digest) override;

 private:
  using Store = std::shared_ptr<blobs::Blobs>;

  Moves(store::Store& store, events::Log& events, std::string url, Open open, Logger& log);
  Result<Store> open_place(const std::string& url);
  // Does as the last row says. Errors: a place cannot be opened
  Status refresh();
  Status apply(const std::optional<BlobMove>& last);
  Result<BlobMove> make(store::Tx& tx, const std::string& source, const std::string& target, BlobMoveState state);
  Status set_state(store::Tx& tx, BlobMove move, BlobMoveState state, std::string error);
  Status tell(store::Tx& tx, const BlobMove& move);

  class Copying;
  Status run(work::Attempt& attempt);
  Result<bool> prepare(work::Attempt& attempt, const BlobMove& move);
  Status give_up(store::Tx& tx, const work::Item& item, const Error& why);

  store::Store& store_;
  events::Log& events_;
  const std::string url_;
  const Open open_;
  Logger& log_;
  work::Work* work_ = nullptr;
  work::Nodes* nodes_ = nullptr;
  std::mutex refreshing_;
  std::string told_;  // the move and node that others know of; while refreshing
  std::mutex mutex_;
  std::map<std::string, Store> opened_;
  std::string believed_;  // what the last row that was applied says of places
  blobs::Places places_;
};

inline constexpr const char* kMovesQueue = "blob_moves";

struct MovePayload {
  BlobMoveId move;
};
BOOST_DESCRIBE_STRUCT(MovePayload, (), (move))

}  // namespace souk::artifacts
