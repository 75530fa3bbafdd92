// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cli/describe.h"
#include "cli/follow.h"
#include "cli/serving/serving_commands.h"
#include "cli/serving/strategy_options.h"

namespace souk::cli {
namespace {

struct TrafficPatch {
  std::vector<Share> traffic;
};
BOOST_DESCRIBE_STRUCT(TrafficPatch, (), (traffic))

std::string percent(json::Value v, std::string_view path) {
  const std::string digits = cell(v, path);
  return digits.empty() ? "" : digits + " %";
}

std::string millis(json::Value v, std::string_view path) {
  const std::string digits = cell(v, path);
  double ms = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), ms);
  if (ms <= 0) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", ms);
  return text;
}

std::string duration(json::Value step) {
  const std::int64_t ms = integer_at(step, "duration_ms", -1);
  return ms < 0 ? "until resumed" : duration_text(ms);
}

std::string disagreement(json::Value step) {
  const std::int64_t compared = integer_at(step, "analysis.revision.compared", 0);
  if (compared == 0) return "";
  return cell(step, "analysis.revision.disagreed") + "/" + std::to_string(compared);
}

std::vector<json::Value> elements(json::Value of, std::string_view name) {
  std::vector<json::Value> all;
  if (const auto list = of.find(name)) {
    (void)list->each_element([&](json::Value one) -> Status {
      all.push_back(one);
      return {};
    });
  }
  return all;
}

// The checks of the latest step that was judged.
std::string checks_text(const std::vector<json::Value>& steps) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const auto analysis = step->find("analysis");
    if (!analysis) continue;
    const std::vector<json::Value> checks = elements(*analysis, "checks");
    if (checks.empty()) continue;
    return "\n" + table({{"CHECK", "check"},
                         {"VERDICT", "verdict"},
                         {"VALUE", "value"},
                         {"STABLE", "stable_value"},
                         {"NOTE", "note"}},
                        checks);
  }
  return "";
}

std::string rollout_text(json::Value rollout) {
  std::string text =
      card({{"Deployment", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "deployment"); }},
            {"Roll-out", "number"},
            {"State", "state"},
            {"Reason", "reason"},
            {"Revision", "", [](json::Value v) { return cell(v, "stable") + " -> " + cell(v, "revision"); }},
            {"Strategy", "strategy.kind"},
            {"Has now", "", [](json::Value v) { return percent(v, "weight"); }},
            {"By", "actor"},
            {"Began", "create_time"},
            {"Next", "next_time"},
            {"Ended", "end_time"}},
           rollout);
  const std::vector<json::Value> steps = elements(rollout, "steps");
  if (steps.empty()) return text;
  const auto figure = [](const char* path) { return [path](json::Value v) { return millis(v, path); }; };
  text += "\n" + table({{"STEP", "number"},
                        {"WEIGHT", "", [](json::Value v) { return percent(v, "weight"); }},
                        {"FOR", "", duration},
                        {"STATE", "state"},
                        {"REQUESTS", "analysis.revision.requests"},
                        {"ERRORS", "analysis.revision.errors"},
                        {"P50", "", figure("analysis.revision.latency_p50_ms")},
                        {"P99", "", figure("analysis.revision.latency_p99_ms")},
                        {"STABLE P99", "", figure("analysis.stable.latency_p99_ms")},
                        {"DISAGREED", "", disagreement}},
                       steps);
  return text + checks_text(steps);
}

std::string rollout_path(const Name& name, int number) {
  return deployment_path(name) + "/rollouts/" + (number > 0 ? std::to_string(number) : "latest");
}

Status judge(const Name& name, json::Value rollout) {
  const std::string state = cell(rollout, "state");
  if (state != "ROLLED_BACK" && state != "ABORTED") return {};
  return failed_precondition("roll-out " + cell(rollout, "number") + " of " + name.string() + " is " + state + ": " +
                             cell(rollout, "reason"))
      .advise("souk logs " + name.string());
}

}  // namespace

Status rollout_status(const Context& context, const RolloutOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.deployment, "deployment"));
  const std::string path = rollout_path(name, options.number);
  const bool waits = context.wait_seconds > 0;
  const json::Document document =
      waits ? SOUK_TRY(follow_to_end(context, "rolling out", path,
                                     "/api/v1/events?namespace=" + net::encode_query_value(name.namespace_),
                                     {"PREPARING", "RUNNING", "PAUSED", "KEEPING"}))
            : SOUK_TRY(context.remote.get(path));
  context.out.print(document.root(), [&] { return rollout_text(document.root()); });
  return waits ? judge(name, document.root()) : Status();
}

Status rollout_history(const Context& context, const RolloutOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.deployment, "deployment"));
  const json::Document document = SOUK_TRY(context.remote.list(deployment_path(name) + "/rollouts", "rollouts"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "rollouts");
    if (rows.empty())
      return name.string() + " has had no roll-out: nothing has taken over from its first revision yet\n";
    return table({{"ROLL-OUT", "number"},
                  {"STATE", "state"},
                  {"STRATEGY", "strategy.kind"},
                  {"FROM", "stable"},
                  {"TO", "revision"},
                  {"BY", "actor"},
                  {"BEGAN", "create_time"},
                  {"ENDED", "end_time"},
                  {"REASON", "reason"}},
                 rows);
  });
  return {};
}

Status rollout_move(const Context& context, const RolloutOptions& options, const std::string& verb) {
  const Name name = SOUK_TRY(parse_name(options.deployment, "deployment"));
  const json::Document document =
      SOUK_TRY(context.remote.send("POST", rollout_path(name, options.number) + ":" + verb, ""));
  context.out.print(document.root(), [&] { return rollout_text(document.root()); });
  return {};
}

Status traffic(const Context& context, const TrafficOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.deployment, "deployment"));
  const std::vector<Share> shares = SOUK_TRY(shares_of(options));
  const json::Document document =
      shares.empty() ? SOUK_TRY(context.remote.get(deployment_path(name)))
                     : SOUK_TRY(context.remote.send("PATCH", deployment_path(name), json::write(TrafficPatch{shares}),
                                                    {{"Prefer", "wait=60"}}));
  context.out.print(document.root(), [&] {
    std::vector<json::Value> rows = elements(document.root(), "revisions");
    std::erase_if(rows, [](json::Value v) {
      return integer_at(v, "traffic_percent", 0) == 0 && integer_at(v, "shadow_percent", 0) == 0 &&
             cell(v, "state") != "READY";
    });
    return table({{"REVISION", "number"},
                  {"VERSION", "version"},
                  {"TRAFFIC", "", [](json::Value v) { return percent(v, "traffic_percent"); }},
                  {"COPIES", "", [](json::Value v) { return percent(v, "shadow_percent"); }},
                  {"STATE", "state"},
                  {"REASON", "reason"}},
                 rows);
  });
  return {};
}

}  // namespace souk::cli
