// SPDX-License-Identifier: Apache-2.0
#include "artifacts/moves/moves.h"

#include <algorithm>

#include "artifacts/moves/move_rows.h"
#include "store/transfer/tables.h"

namespace souk::artifacts {

namespace {

constexpr std::string_view kFile = "file:";

std::string belief(const std::optional<BlobMove>& last) {
  if (!last) return "none";
  return std::to_string(last->id.value) + (last->state == BlobMoveState::PREPARING ? " source" : " target");
}

// Where bytes are written, and where else they may be; as the last move and the settings say.
struct PlaceUrls {
  std::string main, other;
};

Result<PlaceUrls> places_of(const std::optional<BlobMove>& last, const std::string& url) {
  if (!last) return PlaceUrls{url, ""};
  const bool is_its = url == last->source || url == last->target;
  if (last->state == BlobMoveState::DONE) return PlaceUrls{is_its ? last->target : url, ""};
  if (!is_its) {
    return failed_precondition("blobs are on their way from " + last->source + " to " + last->target +
                               ", and the settings name " + url)
        .at("blobs")
        .advise("set --blobs to one of the two, and end the move with `souk blobs migrate`");
  }
  if (last->state == BlobMoveState::PREPARING) return PlaceUrls{last->source, last->target};
  return PlaceUrls{last->target, last->source};
}

// A folder inside the other would be removed with it.
Status check_apart(const std::string& one, const std::string& other) {
  const bool are_apart = !one.starts_with(kFile) || (!other.starts_with(one + "/") && !one.starts_with(other + "/"));
  if (are_apart) return {};
  return invalid_argument("one of " + one + " and " + other + " lies in the other").at("blobs");
}

}  // namespace

Moves::Moves(store::Store& store, events::Log& events, std::string url, Open open, Logger& log)
    : store_(store), events_(events), url_(std::move(url)), open_(std::move(open)), log_(log), places_(nullptr) {}

Result<std::unique_ptr<Moves>> Moves::start(store::Store& store, events::Log& events, const std::string& url, Open open,
                                            Logger& log) {
  std::unique_ptr<Moves> made(
      new Moves(store, events, SOUK_TRY(blobs::Blobs::canonical_url(url)), std::move(open), log));
  auto last = SOUK_TRY(store.read([](store::Tx& tx) { return last_move(tx); }));
  Status applied = made->apply(last);
  if (!applied && !(last && last->state == BlobMoveState::PREPARING && made->places_.is_set())) {
    return std::move(applied).error();
  }
  if (!applied) log.warn("artifacts", "blobs cannot be moved yet", {{"why", applied.error().describe()}});
  if (last && last->state == BlobMoveState::DONE && made->url_ != last->target) {
    log.warn("artifacts",
             made->url_ == last->source ? "the blobs have moved; set --blobs to where they are"
                                        : "the blobs were moved elsewhere than the settings say",
             {{"moved", last->target}, {"settings", made->url_}});
  }
  return made;
}

Status Moves::forget(store::Tx& tx) {
  SOUK_TRY(tx.defer("DELETE FROM blob_move_nodes"));
  return tx.defer("DELETE FROM blob_moves");
}

Result<std::unique_ptr<blobs::Blobs>> Moves::open_blobs(store::Store& store, const std::string& url, const Open& open) {
  auto last = SOUK_TRY(store.read([](store::Tx& tx) -> Result<std::optional<BlobMove>> {
    const auto tables = SOUK_TRY(store::tables(tx));
    const bool is_old = std::ranges::find(tables, "blob_moves", &store::Table::name) == tables.end();
    return is_old ? std::optional<BlobMove>() : SOUK_TRY(last_move(tx));
  }));
  PlaceUrls urls = SOUK_TRY(places_of(last, SOUK_TRY(blobs::Blobs::canonical_url(url))));
  Store main = SOUK_TRY(open(urls.main)), other;
  if (!urls.other.empty()) other = SOUK_TRY(open(urls.other));
  auto places = std::make_unique<blobs::Places>(main);
  places->set(main, other);
  return std::unique_ptr<blobs::Blobs>(std::move(places));
}

Result<Moves::Store> Moves::open_place(const std::string& url) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = opened_.find(url); found != opened_.end()) return found->second;
  }
  Store opened = SOUK_TRY(open_(url));
  std::lock_guard lock(mutex_);
  return opened_.try_emplace(url, std::move(opened)).first->second;
}

Status Moves::apply(const std::optional<BlobMove>& last) {
  PlaceUrls urls = SOUK_TRY(places_of(last, url_));
  Store main = SOUK_TRY(open_place(urls.main)), other;
  Status whole;
  if (!urls.other.empty()) {
    if (Result<Store> opened = open_place(urls.other)) {
      other = std::move(*opened);
    } else {
      whole = std::move(opened).error();
    }
  }
  // Before the switch the target holds nothing: a node may start without it, and is not ready to move.
  if (!whole && last->state != BlobMoveState::PREPARING) return whole;
  places_.set(std::move(main), std::move(other));
  if (!whole) return whole;
  std::lock_guard lock(mutex_);
  believed_ = belief(last);
  return {};
}

Status Moves::refresh() {
  std::lock_guard one_at_a_time(refreshing_);
  auto last = SOUK_TRY(store_.read([](store::Tx& tx) { return last_move(tx); }));
  bool is_fresh = false;
  {
    std::lock_guard lock(mutex_);
    is_fresh = believed_ == belief(last);
  }
  if (!is_fresh) SOUK_TRY(apply(last));
  if (!last || last->state != BlobMoveState::PREPARING || nodes_ == nullptr) return {};
  const NodeId node = nodes_->id();
  const std::string told = std::to_string(last->id.value) + " " + std::to_string(node.value);
  if (told_ == told) return {};
  SOUK_TRY(store_.write([&](store::Tx& tx) { return insert_node(tx, last->id, node); }));
  told_ = told;
  return {};
}

Status Moves::check(store::Tx& tx) {
  if (tx.dialect() == store::Dialect::sqlite) return {};  // one process, which made the rows
  auto last = SOUK_TRY(last_move(tx));
  std::lock_guard lock(mutex_);
  if (believed_ == belief(last)) return {};
  return aborted("bytes are being moved").advise("try again").retry_in(std::chrono::seconds(1));
}

Status Moves::renew(const Digest& digest) {
  SOUK_TRY(refresh());
  SOUK_TRY(places_.bring(digest));
  return {};
}

Result<BlobMove> Moves::begin(const std::string& url) {
  const std::string target = SOUK_TRY(blobs::Blobs::canonical_url(url));
  auto last = SOUK_TRY(store_.read([](store::Tx& tx) { return last_move(tx); }));
  SOUK_TRY(check_apart(SOUK_TRY(places_of(last, url_)).main, target));
  SOUK_TRY(open_place(target));
  auto made = SOUK_TRY(store_.write([&](store::Tx& tx) -> Result<BlobMove> {
    last = SOUK_TRY(last_move(tx));
    if (last && !last->is_over() && last->target == target) return *last;
    const std::string main = SOUK_TRY(places_of(last, url_)).main;
    const bool is_half_way = last && last->state != BlobMoveState::PREPARING && last->state != BlobMoveState::DONE;
    const bool is_under_way = last && !last->is_over();
    if ((is_half_way || is_under_way) && target != last->source && target != last->target) {
      return failed_precondition("blobs are on their way from " + last->source + " to " + last->target)
          .advise("end that move, or move them back, before they go elsewhere");
    }
    if (is_under_way) {
      SOUK_TRY(set_state(tx, *last, BlobMoveState::CANCELLED, "moved back"));
      last->state = BlobMoveState::CANCELLED;
      if (main == target) return *last;  // nothing had been moved yet
    }
    // All nodes read both places already: no need to prepare.
    if (is_half_way) return make(tx, main == target ? last->source : main, target, BlobMoveState::COPYING);
    if (main != url_ && target != url_) {
      return failed_precondition("the settings still name " + url_ + ", and the blobs are at " + main)
          .advise("set --blobs to where they are and restart, before they go elsewhere");
    }
    if (main != target) return make(tx, main, target, BlobMoveState::PREPARING);
    return failed_precondition("the blobs are at " + target + " already");
  }));
  SOUK_TRY(refresh());
  return made;
}

Result<BlobMove> Moves::make(store::Tx& tx, const std::string& source, const std::string& target, BlobMoveState state) {
  BlobMove move = SOUK_TRY(insert_move(tx, source, target, state));
  SOUK_TRY(work_->enqueue(tx, {.queue = kMovesQueue, .payload = json::Raw{json::write(MovePayload{move.id})}}));
  SOUK_TRY(tell(tx, move));
  return move;
}

Result<BlobMove> Moves::get(BlobMoveId id) {
  auto move = SOUK_TRY(store_.read([&](store::Tx& tx) { return find_move(tx, id); }));
  if (!move) return not_found("there is no move " + std::to_string(id.value) + " of blobs");
  return std::move(*move);
}

Result<std::vector<BlobMove>> Moves::list() {
  return store_.read([](store::Tx& tx) { return list_moves(tx); });
}

Status Moves::set_state(store::Tx& tx, BlobMove move, BlobMoveState state, std::string error) {
  move.state = state;
  move.error = std::move(error);
  SOUK_TRY(tell(tx, move));
  return update_state(tx, move.id, state, move.error);
}

Status Moves::tell(store::Tx& tx, const BlobMove& move) {
  events::NewEvent event;
  event.type = "blob_move.changed";
  event.kind = "blob_move";
  event.id = move.id.value;
  event.name = move.target;
  event.data.text = json::write(move);
  return events_.append(tx, event);
}

}  // namespace souk::artifacts
