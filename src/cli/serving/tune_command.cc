// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/tune_command.h"

#include <algorithm>
#include <csignal>

#include "cli/describe.h"
#include "cli/serving/inference.h"
#include "cli/serving/load.h"

namespace souk::cli {
namespace {

constexpr std::chrono::milliseconds kWarmUp{500};
constexpr std::int64_t kDelays[]{200, 1'000, 5'000};  // µs, tried with the best size
constexpr double kAsGood = 0.95;                      // of the best rate: then the latency decides

struct Setting {
  std::int64_t max_batch_size = 1;
  std::int64_t max_queue_delay_microseconds = 0;
  std::vector<std::int64_t> preferred_batch_size;  // none: what the version prefers is not what is measured
};
BOOST_DESCRIBE_STRUCT(Setting, (), (max_batch_size, max_queue_delay_microseconds, preferred_batch_size))

struct Measured {
  std::int64_t max_batch_size = 1;
  std::int64_t max_queue_delay_microseconds = 0;
  double requests_per_second = 0;
  double p50_ms = 0, p99_ms = 0;
  std::uint64_t errors = 0;
};
BOOST_DESCRIBE_STRUCT(Measured, (),
                      (max_batch_size, max_queue_delay_microseconds, requests_per_second, p50_ms, p99_ms, errors))

struct TuneReport {
  std::string deployment;
  int connections = 0;
  std::vector<Measured> measured;
  Measured proposed;
  bool applied = false;
};
BOOST_DESCRIBE_STRUCT(TuneReport, (), (deployment, connections, measured, proposed, applied))

volatile std::sig_atomic_t interrupted = 0;

Status set(const Context& context, const Name& name, const std::string& batching) {
  SOUK_TRY(context.remote.send("PATCH", deployment_path(name), R"({"batching":)" + batching + "}"));
  return {};
}

// What the deployment said before, with null for what it did not say.
std::string before_of(json::Value deployment) {
  std::string text = "{";
  const auto batching = deployment.find("batching");
  for (const char* field : {"max_batch_size", "max_queue_delay_microseconds", "preferred_batch_size"}) {
    const auto value = batching ? batching->find(field) : std::nullopt;
    text += (text.size() > 1 ? ",\"" : "\"") + std::string(field) + "\":" + (value ? value->raw() : "null");
  }
  return text + "}";
}

// Puts a deployment back as it was, whatever happens meanwhile.
class Restored {
 public:
  Restored(const Context& context, Name name, std::string before)
      : context_(context), name_(std::move(name)), before_(std::move(before)) {}
  ~Restored() {
    if (wanted_) (void)set(context_, name_, before_);
  }
  void keep() { wanted_ = false; }

 private:
  const Context& context_;
  const Name name_;
  const std::string before_;
  bool wanted_ = true;
};

Result<Measured> measure(const Context& context, const Name& name, const net::ClientRequest& request,
                         const TuneOptions& options, const Setting& setting) {
  SOUK_TRY(set(context, name, json::write(setting)));
  LoadPlan plan{.connections = options.connections, .warm_up = kWarmUp};
  plan.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(options.seconds));
  const LoadResult result = run_load(
      plan,
      [&](int) {
        const auto answer = context.remote.exchange(request);
        if (!answer) return answer.error().message;
        return answer->status < 400 ? std::string() : "HTTP " + std::to_string(answer->status);
      },
      [] { return interrupted != 0; });
  if (interrupted != 0) return cancelled("interrupted; " + name.string() + " is as it was");
  Measured out{setting.max_batch_size, setting.max_queue_delay_microseconds, result.per_second()};
  out.p50_ms = result.quantile(0.5) * 1000;
  out.p99_ms = result.quantile(0.99) * 1000;
  for (const auto& [what, count] : result.errors) out.errors += count;
  if (context.out.for_people()) {
    context.out.remark("batches of " + std::to_string(setting.max_batch_size) + ", delay " +
                       std::to_string(setting.max_queue_delay_microseconds) + " µs: " +
                       std::to_string(static_cast<long long>(out.requests_per_second)) + " requests a second");
  }
  return out;
}

// The highest rate; of those about as high the shortest p99, then the simpler setting, which came first.
const Measured& best_of(const std::vector<Measured>& all) {
  const double most = std::ranges::max(all, {}, &Measured::requests_per_second).requests_per_second;
  const Measured* best = nullptr;
  for (const Measured& one : all) {
    if (one.requests_per_second < most * kAsGood || (best && one.p99_ms >= best->p99_ms)) continue;
    best = &one;
  }
  return *best;
}

std::string number(double value, const char* form) {
  char text[48];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

std::string people_text(const TuneReport& report) {
  std::string text = "BATCH  DELAY     REQUESTS/S  P50         P99         ERRORS\n";
  for (const Measured& one : report.measured) {
    char line[160];
    std::snprintf(line, sizeof line, "%-6lld %-9s %-11.0f %-11s %-11s %llu\n",
                  static_cast<long long>(one.max_batch_size),
                  (std::to_string(one.max_queue_delay_microseconds) + " us").c_str(), one.requests_per_second,
                  number(one.p50_ms, "%.2f ms").c_str(), number(one.p99_ms, "%.2f ms").c_str(),
                  static_cast<unsigned long long>(one.errors));
    text += line;
  }
  const std::string size = std::to_string(report.proposed.max_batch_size);
  const std::string delay = std::to_string(report.proposed.max_queue_delay_microseconds);
  text += report.applied ? "set: " : "proposed: ";
  text +=
      "souk deployment set " + report.deployment + " --max-batch-size " + size + " --max-queue-delay " + delay + "us\n";
  return text;
}

Status check(const TuneOptions& options) {
  if (options.connections < 1 || options.connections > 1024) {
    return invalid_argument("--connections is between 1 and 1024, got " + std::to_string(options.connections));
  }
  if (!(options.seconds > 0 && options.seconds <= 600)) return invalid_argument("--seconds is above 0, at most 600");
  if (options.sizes.empty()) return invalid_argument("--sizes names at least one size");
  return {};
}

}  // namespace

Status tune(const Context& context, const InferOptions& input, const TuneOptions& options) {
  SOUK_TRY(check(options));
  const Name name = SOUK_TRY(parse_name(input.deployment, "deployment"));
  const json::Document deployment = SOUK_TRY(context.remote.get(deployment_path(name)));
  const bool nothing = input.image.empty() && input.data.empty() && input.inputs.empty();
  const net::ClientRequest request =
      SOUK_TRY(nothing ? request_of_zeros(context, input) : inference_request(context, input));
  const net::ClientResponse first = SOUK_TRY(context.remote.exchange(request));
  if (first.status >= 400) return error_of(first, input.deployment);
  TuneReport report{.deployment = name.string(), .connections = options.connections};
  const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
  const auto run = [&]() -> Status {
    Restored restored(context, name, before_of(deployment.root()));
    for (const std::int64_t size : options.sizes) {
      report.measured.push_back(SOUK_TRY(measure(context, name, request, options, {size, 0, {}})));
    }
    const std::int64_t size = best_of(report.measured).max_batch_size;
    for (const std::int64_t delay : kDelays) {
      if (size == 1) break;  // there is nothing to wait for
      report.measured.push_back(SOUK_TRY(measure(context, name, request, options, {size, delay, {}})));
    }
    report.proposed = best_of(report.measured);
    if (!options.apply) return {};
    const Setting best{report.proposed.max_batch_size, report.proposed.max_queue_delay_microseconds, {}};
    SOUK_TRY(set(context, name, json::write(best)));
    report.applied = true;
    restored.keep();
    return {};
  };
  const Status done = run();
  std::signal(SIGINT, before);
  SOUK_TRY(done);
  const json::Document document = SOUK_TRY(json::Document::parse(json::write(report)));
  context.out.print(document.root(), [&] { return people_text(report); });
  return {};
}

}  // namespace souk::cli
