// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/rollouts.h"

#include <pthread.h>

#include <algorithm>

#include "serving/rollouts/rollout_rows.h"
#include "serving/rows.h"

namespace souk::serving {

namespace {

// Where several nodes share a database, an event of another may be missed while the connection is down.
constexpr std::chrono::seconds kLookAgain{10};
constexpr std::chrono::seconds kReadMetrics{5};

}  // namespace

Result<std::unique_ptr<Rollouts>> Rollouts::open(const ServingSettings& settings, store::Store& store,
                                                 events::Log& events, access::Access& access, Serving& serving,
                                                 work::Nodes& nodes, work::Leases& leases, Logger& log) {
  std::unique_ptr<Rollouts> made(new Rollouts(settings, store, events, access, serving, nodes, leases, log));
  made->readings_ = SOUK_TRY(Readings::open(settings.metrics_allow, [bell = made->bell_] { bell->ring(); }));
  return made;
}

Rollouts::Rollouts(const ServingSettings& settings, store::Store& store, events::Log& events, access::Access& access,
                   Serving& serving, work::Nodes& nodes, work::Leases& leases, Logger& log)
    : settings_(settings),
      store_(store),
      events_(events),
      access_(access),
      serving_(serving),
      nodes_(nodes),
      log_(log),
      lease_(leases.want("rollouts", [bell = bell_] { bell->ring(); })) {}

Rollouts::~Rollouts() {
  stop();
}

Status Rollouts::start() {
  subscription_ = SOUK_TRY(events_.subscribe({.types = {"rollout.*", "deployment.*", "replica.changed"}},
                                             [bell = bell_](const events::EventPtr&) { bell->ring(); }));
  thread_ = std::thread([this] { run(); });
  return {};
}

void Rollouts::stop() {
  subscription_.reset();
  bell_->ring_stop();
  if (thread_.joinable()) thread_.join();
}

void Rollouts::run() {
  pthread_setname_np(pthread_self(), "souk-rollouts");
  Deadline next = std::chrono::steady_clock::now();
  for (;;) {
    if (bell_->wait_until(next).stop) return;
    if (Status passed = pass(next); !passed) {
      log_.warn("serving", "roll-outs could not be read, and are tried again", {{"why", passed.error().describe()}});
      next = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    }
  }
}

Status Rollouts::pass(Deadline& next) {
  auto open = SOUK_TRY(store_.read([](store::Tx& tx) { return open_rollouts(tx); }));
  for (const Rollout& rollout : open) {
    Status moved = note(rollout);
    if (moved && lease_->held()) moved = drive(rollout);
    if (moved) continue;  // one that fails does not hold up the others
    log_.warn("serving", "a roll-out could not be moved on, and is tried again",
              {{"deployment_id", rollout.deployment_id.value},
               {"rollout", rollout.number},
               {"why", moved.error().describe()}});
  }
  const auto gone = [&](const auto& one) { return std::ranges::find(open, one.first, &Rollout::id) == open.end(); };
  std::erase_if(watched_, gone);
  std::erase_if(last_analysis_, gone);
  if (open.empty()) readings_->forget();
  next = next_pass(open);
  return {};
}

Deadline Rollouts::next_pass(const std::vector<Rollout>& open) const {
  const auto steady = std::chrono::steady_clock::now();
  Deadline next = store_.dialect() == store::Dialect::postgresql ? steady + kLookAgain : kNoDeadline;
  for (const Rollout& rollout : open) {
    if (rollout.step >= 0) next = std::min(next, steady + settings_.rollout_window);
    if (const auto time = next_time(rollout, strategy_of(rollout.strategy))) {
      const Deadline due = nodes_.clock().when(*time);
      next = std::min(next, due > steady ? due : steady + settings_.rollout_window);
    }
  }
  return next;
}

// Writes what this node did in the present step, where that has changed.
Status Rollouts::note(const Rollout& rollout) {
  auto [at, fresh] = watched_.try_emplace(rollout.id);
  Watched& watched = at->second;
  const auto figures = serving_.figures(rollout.deployment_id);
  if (fresh || watched.step != rollout.step) {
    // A replica that is new to us began within this step, or has done nothing before the roll-out.
    std::map<std::string, Window> known = std::exchange(watched.latest, {});
    watched = {};
    watched.step = rollout.step;
    watched.since = std::chrono::steady_clock::now();
    for (const RevisionFigures& one : figures) {
      if (known.contains(one.instance)) watched.before[one.instance] = one.sums;
    }
  }
  std::vector<std::pair<const RevisionFigures*, std::string>> changed;
  for (const RevisionFigures& one : figures) {
    watched.latest[one.instance] = one.sums;
    if (rollout.step < 0 || (one.revision != rollout.revision_id && one.revision != rollout.stable_id)) continue;
    Window window = one.sums;
    if (auto before = watched.before.find(one.instance); before != watched.before.end()) {
      window.subtract(before->second);
    }
    std::string text = window.text();
    std::string& written = watched.written[one.instance];
    if (written == text) continue;
    written = text;
    changed.emplace_back(&one, std::move(text));
  }
  if (changed.empty()) return {};
  return store_.write([&](store::Tx& tx) -> Status {
    const auto row = SOUK_TRY(find_rollout(tx, rollout.id));
    if (!row || is_over(row->state) || row->step != rollout.step) return {};
    for (const auto& [one, text] : changed) {
      SOUK_TRY(write_window(tx, rollout, one->revision, one->instance, text));
    }
    return {};
  });
}

Result<Facts> Rollouts::facts_of(const Rollout& rollout, const Strategy& strategy) {
  Facts facts;
  Window revision, stable;
  SOUK_TRY(store_.read([&](store::Tx& tx) -> Status {
    const auto row = SOUK_TRY(find_deployment(tx, rollout.deployment_id));
    facts.runs = row && row->desired_state == DesiredState::RUNNING;
    facts.readiness = Readiness::ready;
    for (const NodeReplica& replica : SOUK_TRY(replicas_everywhere(tx, rollout.revision_id))) {
      if (replica.state == "READY") continue;
      if (facts.readiness == Readiness::ready) facts.readiness = Readiness::waiting;
      if (replica.state != "FAILED") continue;
      facts.readiness = Readiness::failed;
      facts.why = "on node " + replica.node + ": " + replica.reason;
    }
    if (rollout.step < 0) return {};
    revision = SOUK_TRY(window_of(tx, rollout, rollout.revision_id));
    stable = SOUK_TRY(window_of(tx, rollout, rollout.stable_id));
    return {};
  }));
  if (rollout.step < 0) return facts;
  std::vector<Reading> readings(strategy.analysis.size());
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (strategy.analysis[i].kind != CheckKind::METRIC) continue;
    const std::string key =
        std::to_string(rollout.id.value) + "." + std::to_string(rollout.step) + "." + std::to_string(i);
    const Duration every = std::min<Duration>(kReadMetrics, settings_.rollout_window * 5);
    readings[i] = readings_->read(key, strategy.analysis[i], watched_[rollout.id].since, every);
  }
  facts.analysis = analyse(strategy, revision, stable, readings);
  return facts;
}

Status Rollouts::drive(const Rollout& rollout) {
  const Strategy strategy = strategy_of(rollout.strategy);
  const Facts facts = SOUK_TRY(facts_of(rollout, strategy));
  const Move move = next_move(rollout, strategy, facts, now());
  return apply(rollout, strategy, move, facts.analysis);
}

Status Rollouts::apply(const Rollout& seen, const Strategy& strategy, const Move& move, const Analysis& analysis) {
  const std::string text = seen.step < 0 ? "" : json::write(analysis);
  const bool told = last_analysis_[seen.id] == text + move.reason;
  if (move.kind == Move::Kind::none && told) return {};
  access::Call call;
  call.principal = access_.system();
  Status written = store_.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(lease_->check(tx));
    auto rollout = SOUK_TRY(find_rollout(tx, seen.id));
    auto deployment = SOUK_TRY(find_deployment(tx, seen.deployment_id));
    // Somebody else moved it meanwhile: it is looked at again.
    if (!rollout || !deployment || rollout->generation != seen.generation) return {};
    if (!text.empty()) {
      SOUK_TRY(tx.defer("UPDATE rollout_steps SET analysis = $1 WHERE rollout_id = $2 AND step = $3", json::Raw{text},
                        seen.id, seen.step));
    }
    Moves moves{tx, events_, call, now()};
    switch (move.kind) {
      case Move::Kind::none:
        if (rollout->state == RolloutState::PAUSED || rollout->reason == move.reason) return {};
        rollout->reason = move.reason;
        return update_rollout(tx, *rollout);
      case Move::Kind::step:
        return moves.step(*deployment, *rollout, strategy, move.step);
      case Move::Kind::all:
        return moves.all(*deployment, *rollout, strategy);
      case Move::Kind::succeed:
        return moves.succeed(*deployment, *rollout);
      case Move::Kind::roll_back:
        return moves.back(*deployment, *rollout, RolloutState::ROLLED_BACK, move.reason);
    }
    return {};
  });
  if (!written && written.error().code == Code::aborted) return {};  // another node has the lease
  SOUK_TRY(std::move(written));
  last_analysis_[seen.id] = text + move.reason;
  if (move.kind == Move::Kind::roll_back) {
    log_.warn("serving", "a roll-out was rolled back",
              {{"deployment_id", seen.deployment_id.value}, {"rollout", seen.number}, {"reason", move.reason}});
  }
  return {};
}

}  // namespace souk::serving
