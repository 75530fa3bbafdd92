// SPDX-License-Identifier: Apache-2.0
//
// Roll-outs of a deployment: how one revision takes over from another, with the figures it was judged by.
#include <charconv>

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

constexpr const char* kRollouts = "/api/v1/namespaces/{ns}/deployments/{deployment}/rollouts";
constexpr const char* kRollout = "/api/v1/namespaces/{ns}/deployments/{deployment}/rollouts/{rollout}";

struct RolloutStep {
  std::int64_t number = 0;  // from 1
  std::int64_t weight = 0;
  std::optional<std::int64_t> duration_ms;
  serving::StepState state = serving::StepState::PENDING;
  std::optional<Time> start_time, end_time;
  std::optional<serving::Analysis> analysis;
};
BOOST_DESCRIBE_STRUCT(RolloutStep, (), (number, weight, duration_ms, state, start_time, end_time, analysis))

struct Rollout {
  std::string namespace_, deployment;
  std::int64_t number = 0;
  std::int64_t revision = 0;  // that takes over
  std::int64_t stable = 0;    // the revision before
  serving::RolloutState state = serving::RolloutState::PREPARING;
  std::string reason;
  serving::Strategy strategy;
  std::int64_t step = 0;    // from 1; 0: gets ready
  std::int64_t weight = 0;  // percent of the requests that it has now
  std::vector<RolloutStep> steps;
  std::int64_t elapsed_ms = 0;    // of the present step, before step_time
  std::optional<Time> step_time;  // since when the present step goes on; absent: paused, or over
  std::optional<Time> next_time;  // when time alone moves it
  std::string actor;
  Time create_time, update_time;
  std::optional<Time> end_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(Rollout, (),
                      (namespace_, deployment, number, revision, stable, state, reason, strategy, step, weight, steps,
                       elapsed_ms, step_time, next_time, actor, create_time, update_time, end_time, etag))

struct RolloutList {
  std::vector<Rollout> rollouts;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RolloutList, (), (rollouts, next_page_token))

struct ListRollouts : ListFields {
  std::string ns, deployment;
};
BOOST_DESCRIBE_STRUCT(ListRollouts, (ListFields), (ns, deployment))
struct OneRollout {
  std::string ns, deployment, rollout;
};
BOOST_DESCRIBE_STRUCT(OneRollout, (), (ns, deployment, rollout))
struct MoveRollout {
  std::string ns, deployment, rollout;
  std::optional<std::string> if_match;
};
BOOST_DESCRIBE_STRUCT(MoveRollout, (), (ns, deployment, rollout, if_match))

// "latest" is 0.
Result<std::int64_t> number_of(const std::string& text) {
  if (text == "latest") return 0;
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc() && end == text.data() + text.size() && number > 0) return number;
  return not_found("a roll-out is named by its number or latest; " + access::as_shown(text) + " is neither");
}

// All that are planned; those that began with what was seen of them.
std::vector<RolloutStep> steps_of(const serving::Strategy& strategy, const std::vector<serving::RolloutStep>& begun) {
  std::vector<RolloutStep> steps;
  for (const serving::Step& step : strategy.steps) {
    steps.push_back({static_cast<std::int64_t>(steps.size()) + 1, step.weight, step.duration_ms});
  }
  if (strategy.keep() > 0) steps.push_back({static_cast<std::int64_t>(steps.size()) + 1, 100, strategy.keep()});
  for (const serving::RolloutStep& row : begun) {
    if (row.step < 0 || row.step >= static_cast<std::int64_t>(steps.size())) continue;
    RolloutStep& step = steps[static_cast<std::size_t>(row.step)];
    step.state = row.state;
    step.start_time = row.start_time;
    step.end_time = row.end_time;
    if (auto analysis = json::read<serving::Analysis>(row.analysis.text)) step.analysis = std::move(*analysis);
  }
  return steps;
}

Rollout shape(const serving::Deployment& deployment, const serving::Rollout& from,
              const std::vector<serving::RolloutStep>& begun) {
  Rollout out;
  out.namespace_ = deployment.namespace_;
  out.deployment = deployment.slug;
  out.number = from.number;
  out.revision = from.revision;
  out.stable = from.stable;
  out.state = from.state;
  out.reason = from.reason;
  out.strategy = serving::strategy_of(from.strategy);
  out.step = from.step + 1;
  out.weight = serving::weight_of(from);
  out.steps = steps_of(out.strategy, begun);
  out.elapsed_ms = from.elapsed_ms;
  if (serving::goes_on(from.state)) out.step_time = from.step_time;
  out.next_time = serving::next_time(from, out.strategy);
  out.actor = from.actor;
  out.create_time = from.create_time;
  out.update_time = from.update_time;
  out.end_time = from.end_time;
  out.etag = std::to_string(from.generation);
  return out;
}

Result<Rollout> get(const Rooms& rooms, const access::Call& call, const OneRollout& request) {
  auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::READER, request.ns, request.deployment));
  const auto view = SOUK_TRY(rooms.rollouts.get(deployment, SOUK_TRY(number_of(request.rollout))));
  return shape(*deployment, view.rollout, view.steps);
}

void add_action(RouteTable::Door& door, const Rooms& rooms, const std::string& verb, serving::RolloutAction action,
                std::string summary) {
  door.add(plain<MoveRollout, Rollout>(
      "POST", kRollout + (":" + verb), kWriter, kUsual, {verb + "_rollout", std::move(summary)},
      [&rooms, action](const access::Call& call, const MoveRollout& request) -> Result<Rollout> {
        auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::WRITER, request.ns, request.deployment));
        const auto view = SOUK_TRY(rooms.rollouts.act(call, deployment, SOUK_TRY(number_of(request.rollout)), action,
                                                      SOUK_TRY(revision_of(request.if_match))));
        return shape(*deployment, view.rollout, view.steps);
      }));
}

}  // namespace

void add_rollouts(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListRollouts, RolloutList>(
      "GET", kRollouts, kReader, kUsual,
      {"list_rollouts", "Roll-outs of a deployment, the newest first; the steps are without figures"},
      [&rooms](const access::Call& call, const ListRollouts& request) -> Result<RolloutList> {
        auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::READER, request.ns, request.deployment));
        const auto page = SOUK_TRY(rooms.rollouts.list(deployment, SOUK_TRY(list_query(request))));
        RolloutList out;
        for (const serving::Rollout& rollout : page.items) out.rollouts.push_back(shape(*deployment, rollout, {}));
        out.next_page_token = page_token_of(page.next_page_token);
        return out;
      }));
  door.add(lookup<OneRollout, Rollout>(
      kRollout, kReader, {"get_rollout", "One roll-out, by number or `latest`: its steps and what they were judged by"},
      [&rooms](const access::Call& call, const OneRollout& request) { return get(rooms, call, request); }));
  using enum serving::RolloutAction;
  add_action(door, rooms, "pause", pause, "Stop the clock of a roll-out; it is judged all the same");
  add_action(door, rooms, "resume", resume, "Go on with a paused roll-out; a step without a duration ends by it");
  add_action(door, rooms, "promote", promote,
             "Give the new revision all requests now; where it has them already, let the one before go");
  add_action(door, rooms, "abort", abort, "Go back to the revision before");
}

}  // namespace souk::api::native
