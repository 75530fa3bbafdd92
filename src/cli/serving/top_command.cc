// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/top_command.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/serving/activity.h"

namespace souk::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kHome = "\x1b[H\x1b[2J";  // ECMA-48: the cursor to the corner, the screen empty

volatile std::sig_atomic_t interrupted = 0;

struct Report {
  double seconds = 0;
  std::vector<Activity> deployments;
};
BOOST_DESCRIBE_STRUCT(Report, (), (seconds, deployments))

std::string number(json::Value row, std::string_view path, const char* form) {
  const auto value = row.find(path);
  if (!value || value->kind() == json::Kind::null) return "–";
  char text[32];
  std::snprintf(text, sizeof text, form, value->number());
  return text;
}

std::string text_of(json::Value whole) {
  std::vector<json::Value> rows;
  if (const auto list = whole.find("deployments")) {
    (void)list->each_element([&rows](json::Value row) -> Status {
      rows.push_back(row);
      return {};
    });
  }
  if (rows.empty()) return "nothing is deployed that you may read\n";
  const auto shown = [](const char* path, const char* form) {
    return [path, form](json::Value row) { return number(row, path, form); };
  };
  return table({{"DEPLOYMENT", "deployment"},
                {"REV", "revision"},
                {"REQ/S", "", shown("requests", "%.1f")},
                {"FAIL/S", "", shown("failures", "%.1f")},
                {"MEAN MS", "", shown("latency_ms", "%.3f")},
                {"QUEUE MS", "", shown("queue_ms", "%.3f")},
                {"COMPUTE MS", "", shown("compute_ms", "%.3f")},
                {"BATCH", "", shown("batch_size", "%.1f")},
                {"MEMORY", "", [](json::Value row) { return human_bytes(row.find("memory_bytes")->number()); }},
                {"SINCE LOADED", "total"}},
               rows);
}

void pause(double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end && !interrupted) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

}  // namespace

Status top(const Context& context, const TopOptions& options) {
  if (!(options.interval >= 0.1 && options.interval <= 3600)) {
    return invalid_argument("--interval is between 0.1 and 3600 seconds");
  }
  const bool live = context.out.for_people() && options.count == 0;
  const int looks = live ? 0 : std::max(options.count, 1);
  const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
  json::Document was = SOUK_TRY(context.remote.get("/v2/models/stats"));
  auto at = Clock::now();
  for (int seen = 0; !interrupted && (looks == 0 || seen < looks); ++seen) {
    pause(options.interval);
    if (interrupted && live) break;
    json::Document is = SOUK_TRY(context.remote.get("/v2/models/stats"));
    const auto now = Clock::now();
    Report report{std::chrono::duration<double>(now - at).count(), {}};
    report.deployments = SOUK_TRY(activity_between(was.root(), is.root(), report.seconds));
    const json::Document whole = SOUK_TRY(json::Document::parse(json::write(report)));
    context.out.print(whole.root(), [&] {
      return (live ? std::string(kHome) + context.remote.url() + ", every " + number(whole.root(), "seconds", "%.1f") +
                         " s; Ctrl-C ends\n\n"
                   : std::string()) +
             text_of(whole.root());
    });
    std::fflush(stdout);
    was = std::move(is);
    at = now;
  }
  std::signal(SIGINT, before);
  return {};
}

}  // namespace souk::cli
