// SPDX-License-Identifier: Apache-2.0
//
// souk bench: load on a deployment, and how it answered.
#include <csignal>

#include "cli/serving/bench_command.h"
#include "cli/serving/inference.h"
#include "cli/serving/load.h"

namespace souk::cli {
namespace {

struct Quantiles {
  double min = 0, mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0, max = 0;
};
BOOST_DESCRIBE_STRUCT(Quantiles, (), (min, mean, p50, p90, p95, p99, p999, max))

struct BenchReport {
  std::string deployment;
  std::string loop;  // "closed", "open"
  int connections = 0;
  double seconds = 0;
  std::optional<double> rate;
  std::uint64_t requests = 0;
  double requests_per_second = 0;
  std::map<std::string, std::uint64_t> errors;
  std::optional<std::uint64_t> late;
  Quantiles latency_seconds;
};
BOOST_DESCRIBE_STRUCT(BenchReport, (),
                      (deployment, loop, connections, seconds, rate, requests, requests_per_second, errors, late,
                       latency_seconds))

volatile std::sig_atomic_t interrupted = 0;

std::string text_of(double value, const char* form) {
  char text[48];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

std::string milliseconds(double seconds) {
  return text_of(seconds * 1000, seconds < 0.01 ? "%.3f ms" : "%.1f ms");
}

std::string people_text(const BenchReport& report) {
  const Quantiles& l = report.latency_seconds;
  std::string text = report.deployment + ": " + text_of(report.requests_per_second, "%.0f") + " requests a second, " +
                     std::to_string(report.connections) + " connections, " + text_of(report.seconds, "%.1f") + " s, ";
  text += report.rate ? "open loop at " + text_of(*report.rate, "%g") + " a second\n" : "closed loop\n";
  const std::pair<const char*, double> lines[]{{"min", l.min}, {"mean", l.mean}, {"p50", l.p50},    {"p90", l.p90},
                                               {"p95", l.p95}, {"p99", l.p99},   {"p99.9", l.p999}, {"max", l.max}};
  for (const auto& [name, value] : lines) {
    text += "  " + std::string(name) + std::string(7 - std::string_view(name).size(), ' ') + milliseconds(value) + "\n";
  }
  for (const auto& [what, count] : report.errors) text += "  " + std::to_string(count) + " × " + printable(what) + "\n";
  if (report.late.value_or(0) > 0) {
    text += "  " + std::to_string(*report.late) +
            " that were due had no answer by the end, and count as the slowest: the server, or the " +
            std::to_string(report.connections) + " connections, do not carry this rate\n";
  }
  return text;
}

BenchReport report_of(const std::string& deployment, const LoadPlan& plan, const LoadResult& result) {
  BenchReport report{.deployment = deployment, .loop = plan.rate > 0 ? "open" : "closed"};
  report.connections = plan.connections;
  report.seconds = std::chrono::duration<double>(result.took).count();
  if (plan.rate > 0) {
    report.rate = plan.rate;
    report.late = result.late;
  }
  report.requests = result.requests;
  report.requests_per_second = result.per_second();
  report.errors = result.errors;
  double sum = 0;
  for (const std::uint64_t one : result.latency_ns) sum += static_cast<double>(one) / 1e9;
  report.latency_seconds = {.min = result.quantile(0),
                            .mean = result.requests ? sum / static_cast<double>(result.requests) : 0,
                            .p50 = result.quantile(0.5),
                            .p90 = result.quantile(0.9),
                            .p95 = result.quantile(0.95),
                            .p99 = result.quantile(0.99),
                            .p999 = result.quantile(0.999),
                            .max = result.quantile(1)};
  return report;
}

Result<LoadPlan> plan_of(const BenchOptions& options) {
  LoadPlan plan{.connections = options.connections, .rate = options.rate};
  if (options.connections < 1 || options.connections > 1024) {
    return invalid_argument("--connections is between 1 and 1024, got " + std::to_string(options.connections));
  }
  if (!(options.rate >= 0 && options.rate <= 1e6)) return invalid_argument("--rate is between 0 and 1000000");
  if (!(options.seconds > 0 && options.seconds <= 3600)) return invalid_argument("--seconds is above 0, at most 3600");
  if (!(options.warm_up >= 0 && options.warm_up <= 600)) return invalid_argument("--warm-up is between 0 and 600");
  using std::chrono::duration;
  plan.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(duration<double>(options.seconds));
  plan.warm_up = std::chrono::duration_cast<std::chrono::nanoseconds>(duration<double>(options.warm_up));
  return plan;
}

}  // namespace

Status bench(const Context& context, const InferOptions& input, const BenchOptions& options) {
  const LoadPlan plan = SOUK_TRY(plan_of(options));
  const bool nothing = input.image.empty() && input.data.empty() && input.inputs.empty();
  const net::ClientRequest request =
      SOUK_TRY(nothing ? request_of_zeros(context, input) : inference_request(context, input));
  const net::ClientResponse first = SOUK_TRY(context.remote.exchange(request));
  if (first.status >= 400) return error_of(first, input.deployment);
  context.out.remark("asking " + input.deployment + " for " + text_of(options.seconds, "%g") + " s" +
                     (nothing ? ", with zeros" : ""));
  const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
  const LoadResult result = run_load(
      plan,
      [&](int) {
        const auto answer = context.remote.exchange(request);
        if (!answer) return answer.error().message;
        return answer->status < 400 ? std::string() : "HTTP " + std::to_string(answer->status);
      },
      [] { return interrupted != 0; });
  std::signal(SIGINT, before);
  const BenchReport report = report_of(input.deployment, plan, result);
  const json::Document document = SOUK_TRY(json::Document::parse(json::write(report)));
  context.out.print(document.root(), [&] { return people_text(report); });
  if (report.requests == 0) return unavailable("no request was answered as it should");
  return {};
}

}  // namespace souk::cli
