// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/activity.h"

#include <algorithm>
#include <map>

namespace souk::cli {
namespace {

struct Duration {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};
BOOST_DESCRIBE_STRUCT(Duration, (), (count, ns))

struct InferStatistics {
  Duration success, fail, queue, compute_infer;
};
BOOST_DESCRIBE_STRUCT(InferStatistics, (), (success, fail, queue, compute_infer))

struct MemoryUsage {
  std::int64_t byte_size = 0;
};
BOOST_DESCRIBE_STRUCT(MemoryUsage, (), (byte_size))

struct ModelStatistics {
  std::string name, version;
  std::uint64_t inference_count = 0;
  std::uint64_t execution_count = 0;
  InferStatistics inference_stats;
  std::vector<MemoryUsage> memory_usage;
};
BOOST_DESCRIBE_STRUCT(ModelStatistics, (),
                      (name, version, inference_count, execution_count, inference_stats, memory_usage))

struct StatisticsList {
  std::vector<ModelStatistics> model_stats;
};
BOOST_DESCRIBE_STRUCT(StatisticsList, (), (model_stats))

Result<StatisticsList> read(json::Value answer) {
  if (!answer.find("model_stats")) return invalid_argument("the server's statistics cannot be read");
  StatisticsList list;
  SOUK_TRY(json::read(answer, list, json::UnknownFields::ignore, ""));
  return list;
}

double more(std::uint64_t before, std::uint64_t now) {
  return static_cast<double>(now - std::min(before, now));
}

std::optional<double> mean_ms(const Duration& before, const Duration& now) {
  const double count = more(before.count, now.count);
  if (count == 0) return std::nullopt;
  return more(before.ns, now.ns) / count / 1e6;
}

Activity between(const ModelStatistics& a, const ModelStatistics& b, double seconds) {
  Activity one{.deployment = b.name, .revision = b.version, .total = b.inference_stats.success.count};
  one.requests = more(a.inference_stats.success.count, b.inference_stats.success.count) / seconds;
  one.failures = more(a.inference_stats.fail.count, b.inference_stats.fail.count) / seconds;
  one.latency_ms = mean_ms(a.inference_stats.success, b.inference_stats.success);
  one.queue_ms = mean_ms(a.inference_stats.queue, b.inference_stats.queue);
  one.compute_ms = mean_ms(a.inference_stats.compute_infer, b.inference_stats.compute_infer);
  if (const double runs = more(a.execution_count, b.execution_count); runs > 0) {
    one.batch_size = more(a.inference_count, b.inference_count) / runs;
  }
  for (const MemoryUsage& use : b.memory_usage) one.memory_bytes += use.byte_size;
  return one;
}

}  // namespace

Result<std::vector<Activity>> activity_between(json::Value before, json::Value now, double seconds) {
  const StatisticsList was = SOUK_TRY(read(before)), is = SOUK_TRY(read(now));
  std::map<std::pair<std::string, std::string>, const ModelStatistics*> known;
  for (const ModelStatistics& one : was.model_stats) known[{one.name, one.version}] = &one;
  static const ModelStatistics kNothing;
  std::vector<Activity> out;
  for (const ModelStatistics& one : is.model_stats) {
    const auto found = known.find({one.name, one.version});
    // What was loaded since, or anew, began at zero.
    const bool same = found != known.end() && found->second->inference_count <= one.inference_count;
    out.push_back(between(same ? *found->second : kNothing, one, seconds));
  }
  std::stable_sort(out.begin(), out.end(), [](const Activity& a, const Activity& b) {
    return std::pair(-a.requests - a.failures, a.deployment) < std::pair(-b.requests - b.failures, b.deployment);
  });
  return out;
}

}  // namespace souk::cli
