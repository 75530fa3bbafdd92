// SPDX-License-Identifier: Apache-2.0
#include "work/nodes.h"

#include <pthread.h>

#include <algorithm>
#include <set>
#include <utility>

namespace souk::work {

namespace {

constexpr const char* kChannel = "souk_nodes";

Result<std::vector<Node>> all_nodes(store::Tx& tx) {
  return tx.all<Node>("SELECT " + store::columns<Node>() + " FROM nodes ORDER BY id");
}

// The database's clock, in the statement itself so that it costs no round trip of its own.
std::string clock_sql(store::Dialect dialect, const char* here) {
  return dialect == store::Dialect::sqlite ? here : "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
}

}  // namespace

Nodes::Nodes(NodeSettings settings, store::Store& store, std::string name, Logger& log)
    : settings_(settings),
      store_(store),
      name_(std::move(name)),
      incarnation_(new_uid()),
      log_(log),
      bell_(std::make_shared<Bell>()) {
  store_.listen(kChannel, [bell = bell_](const std::string&) { bell->ring(); });
}

Nodes::~Nodes() {
  stop();
}

void Nodes::on_beat(std::function<void()> f) {
  listeners_.push_back(std::move(f));
}

void Nodes::beat_soon() {
  bell_->ring();
}

bool Nodes::alive() const {
  if (id_.load(std::memory_order_acquire) == 0) return false;
  if (alone()) return true;
  const Steady::duration since = Steady::now().time_since_epoch() - Steady::duration(last_beat_.load());
  return since < settings_.timeout * 2 / 3;
}

Result<std::vector<Node>> Nodes::list() {
  return store_.read(all_nodes);
}

Status Nodes::start() {
  SOUK_TRY(wait_for_name());
  SOUK_TRY(enter());
  bell_->ring();
  thread_ = std::thread([this] { loop(); });
  return {};
}

void Nodes::stop() {
  bell_->stop();
  if (!thread_.joinable()) return;
  thread_.join();
  const std::int64_t id = id_.exchange(0);
  const Status left = store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.exec("DELETE FROM nodes WHERE id = $1", id));
    return {};
  });
  if (left) {
    tell();
  } else {
    log_.warn("work", "this node could not sign off: others will take it for dead",
              {{"node", name_}, {"cause", left.error().describe()}});
  }
}

// A row of this name that beats is another process; one that does not is what a crash left behind.
Status Nodes::wait_for_name() {
  if (alone()) return {};
  const auto find = [this] {
    return store_.read([this](store::Tx& tx) {
      return tx.first<Node>("SELECT " + store::columns<Node>() + " FROM nodes WHERE name = $1", name_);
    });
  };
  const std::optional<Node> first = SOUK_TRY(find());
  const Deadline until = Steady::now() + settings_.timeout;
  for (std::optional<Node> row = first; row && Steady::now() < until; row = SOUK_TRY(find())) {
    if (row->incarnation != first->incarnation || row->beats != first->beats) {
      return failed_precondition("a node named '" + name_ + "' is running already, started " +
                                 format_rfc3339(row->start_time))
          .advise("give this one another name: souk serve --node NAME");
    }
    // Its last beat was written long ago by the same database's clock: it is no use to wait for another.
    const auto age = SOUK_TRY(store_.read([&](store::Tx& tx) {
      return tx.scalar<std::int64_t>("SELECT " + clock_sql(tx.dialect(), "0") + " - seen_time FROM nodes WHERE id = $1",
                                     row->id);
    }));
    if (age.value_or(0) > 2 * settings_.timeout.count()) break;
    if (!bell_->wait_until(Steady::now() + between())) return unavailable("the server is stopping");
  }
  return {};
}

Status Nodes::enter() {
  const auto begun = Steady::now();
  const auto rows = SOUK_TRY(store_.write([&](store::Tx& tx) -> Result<store::Rows> {
    // On a database of one process whoever else is in there is gone.
    SOUK_TRY(alone() ? tx.defer("DELETE FROM nodes") : tx.defer("DELETE FROM nodes WHERE name = $1", name_));
    const std::string clock = clock_sql(tx.dialect(), "$3");
    return tx.run("INSERT INTO nodes (name, incarnation, start_time, seen_time, beats) VALUES ($1, $2, " + clock +
                      ", $3, 1) RETURNING id, start_time",
                  std::array<store::Value, 3>{name_, incarnation_, to_millis(clock_.now())});
  }));
  const Time time = SOUK_TRY(store::from_value<Time>(rows.rows.at(0).at(1)));
  if (!alone()) clock_.learn(time, begun);
  last_beat_ = begun.time_since_epoch().count();
  id_.store(SOUK_TRY(store::from_value<std::int64_t>(rows.rows.at(0).at(0))), std::memory_order_release);
  return {};
}

void Nodes::loop() {
  pthread_setname_np(pthread_self(), "souk-nodes");
  while (bell_->wait_until(alone() ? kNoDeadline : Steady::now() + between())) {
    if (alone()) {
      tell();
      continue;
    }
    if (const Status beaten = beat(); !beaten) {
      if (!std::exchange(failing_, true)) {
        log_.warn("work", "this node cannot tell that it lives", {{"cause", beaten.error().describe()}});
      }
      continue;
    }
    if (std::exchange(failing_, false)) log_.info("work", "this node can tell again that it lives");
    tell();
  }
}

Status Nodes::beat() {
  const auto begun = Steady::now();
  std::optional<Time> time;
  const auto nodes = SOUK_TRY(store_.write(
      [&](store::Tx& tx) -> Result<std::vector<Node>> {
        time = SOUK_TRY(tx.scalar<Time>("UPDATE nodes SET beats = beats + 1, seen_time = " +
                                            clock_sql(tx.dialect(), "seen_time") + " WHERE id = $1 RETURNING seen_time",
                                        id()));
        return all_nodes(tx);
      },
      store::Isolation::read_committed));
  if (!time) {
    id_ = 0;
    log_.warn("work", "others took this node for dead: it begins again as a new one", {{"node", name_}});
    SOUK_TRY(wait_for_name());
    return enter();
  }
  // Who could not look for so long does not know since when the others stand still.
  const Steady::duration blind = begun.time_since_epoch() - Steady::duration(last_beat_.load());
  if (blind > settings_.timeout * 2 / 3) seen_.clear();
  last_beat_ = begun.time_since_epoch().count();
  clock_.learn(*time, begun);
  look_at(nodes);
  return {};
}

void Nodes::look_at(const std::vector<Node>& nodes) {
  const auto now = Steady::now();
  std::set<NodeId> there;
  for (const Node& node : nodes) {
    there.insert(node.id);
    const auto [seen, is_new] = seen_.try_emplace(node.id, Seen{node.beats, now});
    if (!is_new && seen->second.beats != node.beats) seen->second = {node.beats, now};
    if (node.id != id() && now - seen->second.since >= settings_.timeout) bury(node);
  }
  others_ = there.size() - (there.contains(id()) ? 1 : 0);
  std::erase_if(seen_, [&](const auto& one) { return !there.contains(one.first); });
}

void Nodes::bury(const Node& node) {
  const auto gone = store_.write(
      [&](store::Tx& tx) { return tx.exec("DELETE FROM nodes WHERE id = $1 AND beats = $2", node.id, node.beats); });
  if (gone && *gone > 0) log_.warn("work", "a node is dead: others go on with its work", {{"node", node.name}});
}

void Nodes::tell() {
  if (id_ != 0) {
    for (const auto& f : listeners_) f();
    return;
  }
  if (alone()) return;
  // Signed off: what was held is free, and others need not wait for their next beat.
  (void)store_.write([](store::Tx& tx) -> Status { return tx.defer("SELECT pg_notify($1, '')", kChannel); });
}

}  // namespace souk::work
