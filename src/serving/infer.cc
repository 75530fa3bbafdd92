// SPDX-License-Identifier: Apache-2.0
//
// The hot path: from a name to an answer without a statement or a lock.
#include <algorithm>
#include <array>
#include <cstring>

#include "serving/batching/batch.h"
#include "serving/batching/queue.h"
#include "serving/batching/round.h"
#include "serving/state.h"
#include "serving/traffic/shadow.h"
#include "serving/traffic/split.h"

namespace souk::serving {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLoadingRetry{1'000};

// "namespace/name" without taking memory.
class Key {
 public:
  Key(std::string_view ns, std::string_view name) {
    if (ns.size() + name.size() + 1 > text_.size()) return;
    std::memcpy(text_.data(), ns.data(), ns.size());
    text_[ns.size()] = '/';
    std::memcpy(text_.data() + ns.size() + 1, name.data(), name.size());
    size_ = ns.size() + 1 + name.size();
  }
  std::string_view view() const { return {text_.data(), size_}; }  // empty: longer than any name is

 private:
  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

Error nothing_there(std::string_view kind, std::string_view ns, std::string_view name) {
  return not_found(std::string(kind) + " " + access::as_shown(ns) + "/" + access::as_shown(name) + " does not exist");
}

// Why a route has no replica to answer.
Error cannot_answer(const Route& route) {
  const std::string& what = route.resource.label;
  switch (route.state) {
    case DeploymentState::FAILED:
      return failed_precondition(what + " could not be loaded: " + route.reason)
          .advise("deploy a version that loads, or stop and start the deployment to try again");
    case DeploymentState::STOPPED:
      return failed_precondition(what + " is stopped").advise("start it first");
    case DeploymentState::PENDING:
    case DeploymentState::READY:
      break;
  }
  return unavailable(what + " is still loading").retry_in(kLoadingRetry);
}

Error not_loaded(const Route& route, std::int64_t revision) {
  return not_found("revision " + std::to_string(revision) + " of " + route.resource.label + " has no traffic; " +
                   std::to_string(route.replica->revision.number) + " has");
}

// What a thread is taking in to run together.
struct Round {
  const void* owner;
  std::vector<Waiting> waiting;
  std::size_t seen = 0;  // of them, at the end of the last turn
  Later later;
};
thread_local std::shared_ptr<Round> open_round;
thread_local Clock::time_point last_run;

// At the end of a turn. While turns bring more, the round stays open: its members would wait for each other anyway.
void end_turn(const std::shared_ptr<Round>& round) {
  if (round->waiting.size() > round->seen) {
    round->seen = round->waiting.size();
    return round->later([round] { end_turn(round); });
  }
  if (open_round == round) open_round = nullptr;
  run_round(std::move(round->waiting));
  last_run = Clock::now();
}

void gather(const void* owner, Waiting one, const Later& later) {
  if (open_round && open_round->owner == owner) return open_round->waiting.push_back(std::move(one));
  auto round = std::make_shared<Round>();
  round->owner = owner;
  round->later = later;
  round->waiting.reserve(64);
  round->waiting.push_back(std::move(one));
  open_round = round;
  later([round] { end_turn(round); });
}

// A queue that a thread puts requests into during one turn of its loop, and what it put there.
struct Filling {
  std::shared_ptr<Queue> queue;
  Later later;
  std::size_t put = 1;
  std::size_t seen = 0;
};
thread_local std::shared_ptr<Filling> open_filling;

// As of a round: what has already arrived is taken in before a batch begins that is not full.
void end_filling(const std::shared_ptr<Filling>& filling) {
  if (filling->put > filling->seen) {
    filling->seen = filling->put;
    return filling->later([filling] { end_filling(filling); });
  }
  if (open_filling == filling) open_filling = nullptr;
  filling->queue->begin();
}

Status put_into(const std::shared_ptr<Queue>& queue, Waiting& one, bool may_gather, const Later& later) {
  if (!may_gather) return queue->push(one);
  SOUK_TRY(queue->gather(one));
  if (open_filling && open_filling->queue == queue) {
    ++open_filling->put;
    return {};
  }
  open_filling = std::make_shared<Filling>(queue, later);
  later([filling = open_filling] { end_filling(filling); });
  return {};
}

// The number of a route's revision that runs a version, named or numbered; -1: none does.
std::int64_t revision_with(const Route& route, const std::string& version) {
  const auto runs = [&](Replicated& replica) {
    if (!replica.pin()) return false;
    const Target& target = *replica.target;
    const bool right = target.version_name == version || std::to_string(target.version) == version;
    replica.unpin();
    return right;
  };
  if (route.split) {
    for (const Split::Arm& arm : route.split->arms) {
      if (runs(*arm.replica)) return arm.replica->revision.number;
    }
    return -1;
  }
  return route.replica && runs(*route.replica) ? 0 : -1;
}

}  // namespace

Result<Pinned> Serving::State::pin(const access::Call& call, std::string_view key, std::int64_t revision,
                                   access::Role needed, const net::RequestHead* head) {
  for (;;) {
    const Routes& now = routes.current();
    auto found = now.by_name.find(key);
    if (found == now.by_name.end()) {
      std::size_t slash = key.find('/');
      return nothing_there("deployment", key.substr(0, slash),
                           slash == std::string_view::npos ? "" : key.substr(slash + 1));
    }
    const Route& route = found->second;
    SOUK_TRY(access.authorize(call, needed, Callable{&route.resource}));
    if (!route.replica) return cannot_answer(route);
    if (route.split) {
      const Split& split = *route.split;
      const Split::Arm* const arm = revision == 0 ? &split.choose(call, head) : split.find(revision);
      if (arm == nullptr) return not_loaded(route, revision);
      if (arm->replica->pin()) {
        return Pinned(arm->replica, call, split.copies.empty() ? nullptr : route.split);
      }
      continue;
    }
    if (revision != 0 && route.replica->revision.number != revision) return not_loaded(route, revision);
    if (route.replica->pin()) return Pinned(route.replica, call);
    // It was replaced since the snapshot was taken, and the next snapshot is there already.
  }
}

Result<Pinned> Serving::pin(const access::Call& call, std::string_view name, std::int64_t revision, access::Role needed,
                            const net::RequestHead* head) {
  if (name.find('/') != std::string_view::npos) return state_->pin(call, name, revision, needed, head);
  Key key(call.namespace_, name);
  if (key.view().empty()) return nothing_there("deployment", call.namespace_, name);
  return state_->pin(call, key.view(), revision, needed, head);
}

Result<Pinned> Serving::pin_model(const access::Call& call, std::string_view ns, std::string_view model,
                                  std::optional<std::string> version, const net::RequestHead* head) {
  State& s = *state_;
  if (ns.empty()) ns = call.namespace_;
  Key key(ns, model);
  const Routes& now = s.routes.current();
  auto found = now.by_model.find(key.view());
  const Route* chosen = nullptr;
  std::int64_t revision = 0;    // of it; 0: whichever traffic gives
  std::optional<Error> denied;  // by one that the caller sees, but may not ask
  if (found != now.by_model.end()) {
    for (const Route* route : found->second) {
      const auto allowed = s.access.authorize(call, access::Role::EXECUTOR, Callable{&route->resource});
      if (!allowed) {
        if (allowed.error().code == Code::permission_denied) denied = allowed.error();
        continue;
      }
      const std::int64_t answers = version ? revision_with(*route, *version) : 0;
      if (answers >= 0 && (!chosen || (!chosen->replica && route->replica))) {
        chosen = route;
        revision = answers;
      }
      if (chosen && chosen->replica) break;
    }
  }
  if (!chosen && denied) return *std::move(denied);
  if (!chosen) {
    std::string what = "model " + access::as_shown(ns) + "/" + access::as_shown(model);
    std::string which = version ? "version " + access::as_shown(*version) + " of " + what : what;
    return failed_precondition(which + " is not deployed")
        .advise("souk deploy " + access::as_shown(ns) + "/" + access::as_shown(model) +
                (version ? ":" + *version : ""));
  }
  std::string name = chosen->replica ? chosen->replica->metrics->name : "";
  if (!name.empty()) return s.pin(call, name, revision, access::Role::EXECUTOR, head);
  return cannot_answer(*chosen);
}

void Serving::infer(const Pinned& pinned, const runtimes::InferRequest& request, InferOptions options,
                    runtimes::Completion done) {
  State& s = *state_;
  auto begun = Clock::now();
  Replicated& replica = *pinned.replica_;
  if (Status checked = runtimes::check_request(pinned->signature, request); !checked) {
    replica.count(checked.error().code, {}, pinned.trace_.get());
    replica.tally.failed({});
    return done(std::move(checked.error()));
  }
  if (pinned.split_) done = with_copies(*s.shadows, pinned.split_, replica, request, std::move(done));
  Waiting one{&replica, &request,        std::min(options.deadline, begun + s.settings.request_timeout),
              begun,    std::move(done), pinned.trace_.get()};
  const bool asleep = replica.asleep();
  if (!asleep && replica.run_time_ns.load(std::memory_order_relaxed) <= s.settings.run_in_place_us * 1000) {
    const std::int64_t most = options.later ? replica.max_batch_size.load(std::memory_order_relaxed) : 1;
    // One that comes alone finds the thread idle, and is not put off.
    const bool busy = open_round || begun - last_run <= std::chrono::microseconds(s.settings.join_within_us);
    if (const std::int64_t rows = rows_of(request); most == 1 || !busy || rows < 1 || rows >= most) {
      run_alone(std::move(one));
      last_run = Clock::now();
      return;
    }
    return gather(&s, std::move(one), options.later);
  }
  one.caller = pinned.caller_;
  one.priority = static_cast<std::int64_t>(std::min<std::uint64_t>(options.priority, 1 << 20));
  one.gone = std::move(options.gone);
  if (asleep) return s.hold(std::move(one));
  const bool may_gather = options.later && replica.max_batch_size.load(std::memory_order_relaxed) > 1;
  Status queued = put_into(replica.queue, one, may_gather, options.later);
  if (!queued) fail(std::move(one), std::move(queued.error()));
}

}  // namespace souk::serving
