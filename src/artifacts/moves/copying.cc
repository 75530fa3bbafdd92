// SPDX-License-Identifier: Apache-2.0
//
// The job of a move. Blobs are taken in the order of their digests, small ones several at a time; how far it is, with
// its figures, is the checkpoint of its item, so an attempt after a crash goes on there and counts nothing twice.
#include <algorithm>
#include <atomic>
#include <span>
#include <thread>

#include "artifacts/blob_rows.h"
#include "artifacts/moves/move_rows.h"

namespace souk::artifacts {

namespace {

constexpr std::int64_t kBatch = 200;
constexpr std::int64_t kRoundBlobs = 16;
constexpr std::int64_t kRoundBytes = 64 << 20;
constexpr std::size_t kLanes = 4;
constexpr std::size_t kNamed = 100;
constexpr Duration kLookAgain{500};
constexpr std::chrono::seconds kNews{1};  // between two reports of progress

struct Checkpoint {
  std::string after;  // digest
  std::int64_t done_blobs = 0, done_bytes = 0, copied_blobs = 0, copied_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Checkpoint, (), (after, done_blobs, done_bytes, copied_blobs, copied_bytes))

struct Outcome {
  Status status;
  bool is_copied = false;
  bool is_bad = false;
};

}  // namespace

class Moves::Copying {
 public:
  Copying(Moves& moves, work::Attempt& attempt, BlobMove move)
      : moves_(moves), attempt_(attempt), move_(std::move(move)) {}

  Status run();

 private:
  using Rows = std::span<const BlobRow>;

  Status copy(Rows rows);
  Outcome bring(const BlobRow& row, const blobs::Places::Step& step);
  Result<blobs::Places::Brought> bring_once(const BlobRow& row, const blobs::Places::Step& step);
  void count(const BlobRow& row, const Outcome& outcome);
  // Within a blob that takes long.
  Status tell_if_due(std::uint64_t bytes);
  Status save(std::int64_t of_next = 0);
  Status finish();

  Moves& moves_;
  work::Attempt& attempt_;
  BlobMove move_;
  Checkpoint at_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

Status Moves::Copying::run() {
  const std::string& checkpoint = attempt_.item().checkpoint.text;
  if (checkpoint != "null") at_ = SOUK_TRY(json::read<Checkpoint>(checkpoint));
  while (true) {
    const auto batch = SOUK_TRY(moves_.store_.read([&](store::Tx& tx) { return list_blobs(tx, at_.after, kBatch); }));
    if (batch.empty()) return finish();
    for (Rows left(batch); !left.empty();) {
      std::size_t count = 1;
      std::int64_t bytes = left.front().size;
      while (count < std::min<std::size_t>(left.size(), kRoundBlobs) && (bytes += left[count].size) <= kRoundBytes) {
        ++count;
      }
      SOUK_TRY(copy(left.first(count)));
      left = left.subspan(count);
      if (std::chrono::steady_clock::now() - told_ > kNews || left.empty()) SOUK_TRY(save());
    }
  }
}

Status Moves::Copying::copy(Rows rows) {
  std::vector<Outcome> outcomes(rows.size());
  if (rows.size() == 1) {
    outcomes[0] = bring(rows[0], [this](std::uint64_t bytes) { return tell_if_due(bytes); });
  } else {
    std::atomic<std::size_t> next{0};
    const auto step = [this](std::uint64_t) -> Status {
      if (attempt_.stop().stop_requested()) return unavailable("the move stops here, to go on later");
      return {};
    };
    std::vector<std::jthread> lanes;  // the last: it waits for those who use the others
    for (std::size_t lane = 0; lane < std::min(kLanes, rows.size()); lane++) {
      lanes.emplace_back([&] {
        for (std::size_t i = next++; i < rows.size(); i = next++) outcomes[i] = bring(rows[i], step);
      });
    }
  }
  for (std::size_t i = 0; i < rows.size(); i++) {
    SOUK_TRY(std::move(outcomes[i].status));
    count(rows[i], outcomes[i]);
  }
  return {};
}

Outcome Moves::Copying::bring(const BlobRow& row, const blobs::Places::Step& step) {
  Result<blobs::Places::Brought> brought = bring_once(row, step);
  // Once more: what was read may have been damaged on its way only, and what was missing just being written.
  const auto is_bad = [&] {
    return brought ? *brought == blobs::Places::Brought::missing : brought.error().code == Code::data_loss;
  };
  if (is_bad()) brought = bring_once(row, step);
  if (!is_bad()) {
    if (!brought) return {std::move(brought).error()};
    return {.is_copied = *brought == blobs::Places::Brought::copied};
  }
  if (brought) {
    Result<bool> needed = moves_.store_.read([&](store::Tx& tx) { return is_needed(tx, row.digest); });
    if (!needed) return {std::move(needed).error()};
    if (!*needed) return {};  // a push that did not end
  }
  moves_.log_.error("artifacts", "a blob is damaged or missing where it lay, and was not moved",
                    {{"digest", row.digest.string()}, {"why", brought ? "missing" : brought.error().describe()}});
  return {.is_bad = true};
}

// Pinned before: what is being collected is not brought back by a copy that nobody knows of.
Result<blobs::Places::Brought> Moves::Copying::bring_once(const BlobRow& row, const blobs::Places::Step& step) {
  SOUK_TRY(step(0));
  if (SOUK_TRY(moves_.places_.is_there(row.digest))) return blobs::Places::Brought::there;
  SOUK_TRY(pin(moves_.store_, row.digest, static_cast<std::uint64_t>(row.size)));
  return moves_.places_.bring(row.digest, step);
}

void Moves::Copying::count(const BlobRow& row, const Outcome& outcome) {
  at_.after = row.digest.string();
  at_.done_blobs++;
  at_.done_bytes += row.size;
  at_.copied_blobs += outcome.is_copied;
  at_.copied_bytes += outcome.is_copied ? row.size : 0;
  const bool is_named = std::ranges::find(move_.damaged, row.digest) != move_.damaged.end();
  if (outcome.is_bad && !is_named && move_.damaged.size() < kNamed) move_.damaged.push_back(row.digest);
}

Status Moves::Copying::tell_if_due(std::uint64_t bytes) {
  if (attempt_.stop().stop_requested()) return unavailable("the move stops here, to go on later");
  if (std::chrono::steady_clock::now() - told_ < kNews) return {};
  return save(static_cast<std::int64_t>(bytes));
}

// The item keeps whole blobs only; what people see may be in the middle of one.
Status Moves::Copying::save(std::int64_t of_next) {
  told_ = std::chrono::steady_clock::now();
  move_.done_blobs = at_.done_blobs, move_.done_bytes = at_.done_bytes + of_next;
  move_.copied_blobs = at_.copied_blobs, move_.copied_bytes = at_.copied_bytes;
  return moves_.store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt_.save(tx, json::Raw{json::write(at_)}));
    if (!SOUK_TRY(update_progress(tx, move_))) return unavailable("the move was reversed");
    return moves_.tell(tx, move_);
  });
}

Status Moves::Copying::finish() {
  SOUK_TRY(save());
  std::string error;
  if (!move_.damaged.empty()) {
    error = std::to_string(move_.damaged.size()) + " blobs are damaged or missing at " + move_.source +
            "; push them again or restore them from a backup, then move once more. The first: " +
            move_.damaged.front().string();
  }
  const BlobMoveState state = error.empty() ? BlobMoveState::DONE : BlobMoveState::FAILED;
  SOUK_TRY(moves_.store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt_.complete(tx));
    if (!SOUK_TRY(update_progress(tx, move_))) return unavailable("the move was reversed");
    return moves_.set_state(tx, move_, state, error);
  }));
  moves_.log_.info("artifacts", "blobs were moved",
                   {{"to", move_.target}, {"copied", move_.copied_blobs}, {"damaged", move_.damaged.size()}});
  return moves_.refresh();
}

void Moves::join(work::Work& work, work::Nodes& nodes) {
  work_ = &work;
  nodes_ = &nodes;
  work.add(
      {.name = kMovesQueue,
       .run = [this](work::Attempt& attempt) { return run(attempt); },
       .gave_up = [this](store::Tx& tx, const work::Item& item, const Error& why) { return give_up(tx, item, why); },
       .concurrency = 1,
       .max_attempts = 1000});
  nodes.on_beat([this] {
    if (Status fresh = refresh(); !fresh) {
      log_.warn("artifacts", "this node does not know where bytes are", {{"why", fresh.error().describe()}});
    }
  });
}

Status Moves::run(work::Attempt& attempt) {
  const MovePayload payload = SOUK_TRY(json::read<MovePayload>(attempt.item().payload.text));
  auto move = SOUK_TRY(store_.read([&](store::Tx& tx) { return find_move(tx, payload.move); }));
  if (!move || move->is_over()) return {};
  if (Status fresh = refresh(); !fresh) return unavailable("this node cannot move blobs").because(fresh.error());
  if (move->state == BlobMoveState::PREPARING) {
    if (!SOUK_TRY(prepare(attempt, *move))) {
      attempt.again(kLookAgain);
      return {};
    }
    move->state = BlobMoveState::COPYING;
  }
  return Copying(*this, attempt, std::move(*move)).run();
}

// True once every node that lives reads both places, and from then on writes to the target.
Result<bool> Moves::prepare(work::Attempt& attempt, const BlobMove& move) {
  if (store_.dialect() == store::Dialect::postgresql) {
    const auto living = SOUK_TRY(nodes_->list());
    const auto ready = SOUK_TRY(store_.read([&](store::Tx& tx) { return list_nodes(tx, move.id); }));
    for (const work::Node& node : living) {
      if (std::ranges::find(ready, node.id) == ready.end()) return false;
    }
  }
  SOUK_TRY(store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt.check(tx));
    auto still = SOUK_TRY(find_move(tx, move.id));
    if (!still || still->state != BlobMoveState::PREPARING) return unavailable("the move was reversed");
    return set_state(tx, move, BlobMoveState::COPYING, "");
  }));
  SOUK_TRY(refresh());
  log_.info("artifacts", "blobs are moved", {{"from", move.source}, {"to", move.target}});
  return true;
}

Status Moves::give_up(store::Tx& tx, const work::Item& item, const Error& why) {
  const MovePayload payload = SOUK_TRY(json::read<MovePayload>(item.payload.text));
  auto move = SOUK_TRY(find_move(tx, payload.move));
  if (!move || move->is_over()) return {};
  // Before the switch nothing has happened; after it, the target stays where bytes are written.
  const BlobMoveState state =
      move->state == BlobMoveState::PREPARING ? BlobMoveState::CANCELLED : BlobMoveState::FAILED;
  return set_state(tx, std::move(*move), state, why.describe());
}

}  // namespace souk::artifacts
