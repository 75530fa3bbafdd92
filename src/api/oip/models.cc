// SPDX-License-Identifier: Apache-2.0
#include "api/oip/models.h"

#include <charconv>

#include "access/access.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {

namespace {

std::vector<TensorMetadata> metadata_of(const std::vector<registry::TensorSpec>& specs) {
  std::vector<TensorMetadata> out;
  for (const auto& spec : specs) out.push_back({spec.name, spec.datatype, spec.shape});
  return out;
}

std::string config_type(registry::Datatype type) {
  return type == registry::Datatype::BYTES ? "TYPE_STRING" : "TYPE_" + std::string(runtimes::datatype_name(type));
}

std::vector<TensorConfig> config_of(const std::vector<registry::TensorSpec>& specs, bool batched) {
  std::vector<TensorConfig> out;
  for (const auto& spec : specs) {
    out.push_back({spec.name, config_type(spec.datatype), {spec.shape.begin() + (batched ? 1 : 0), spec.shape.end()}});
  }
  return out;
}

DurationStatistics shape(const serving::Tally::Span& span) {
  return {span.count, span.ns};
}

ModelStatistics shape(const access::Call& call, const serving::Statistics& of) {
  const serving::Tally::Sums& sums = of.sums;
  ModelStatistics out;
  out.name = name_for(call, of.namespace_, of.slug);
  out.version = std::to_string(of.revision);
  out.last_inference = sums.last.time_since_epoch().count();
  out.inference_count = sums.inferences;
  out.execution_count = sums.executions;
  InferStatistics& stats = out.inference_stats;
  stats.success = shape(sums.success);
  stats.fail = shape(sums.fail);
  stats.queue = shape(sums.queue);
  stats.compute_infer = shape(sums.run);
  stats.compute_input.count = stats.compute_output.count = sums.run.count;
  for (const serving::Tally::BatchSize& size : sums.batch_sizes) {
    out.batch_stats.push_back({size.rows, {size.run.count, 0}, shape(size.run), {size.run.count, 0}});
  }
  if (of.memory_bytes > 0) out.memory_usage.push_back({.byte_size = of.memory_bytes});
  return out;
}

}  // namespace

ServerMetadata server_metadata(std::string_view version) {
  return {.version = std::string(version),
          .extensions = {"binary_tensor_data", "classification", "parameters", "model_configuration",
                         "model_repository", "statistics"}};
}

ModelMetadata model_metadata(std::string_view name, const serving::Target& target) {
  return {std::string(name),
          {std::to_string(target.revision)},
          target.platform,
          metadata_of(target.signature.inputs),
          metadata_of(target.signature.outputs)};
}

ModelConfig model_config(std::string_view name, const serving::Pinned& pinned) {
  const serving::Target& target = *pinned;
  const serving::Batching batching = pinned.batching();
  const bool batched = batching.max_batch_size > 1;
  ModelConfig config;
  config.name = name;
  config.platform = target.platform;
  config.backend = target.platform.substr(0, target.platform.find('_'));
  config.version_policy.specific.versions = {target.revision};
  config.input = config_of(target.signature.inputs, batched);
  config.output = config_of(target.signature.outputs, batched);
  if (batched) {
    config.max_batch_size = batching.max_batch_size;
    config.dynamic_batching = {batching.preferred_batch_size, batching.max_queue_delay_microseconds,
                               batching.priority_levels, batching.default_priority_level};
  }
  if (const runtimes::Concurrency how = pinned.concurrency(); how.sessions > 0) {
    config.instance_group = {{.count = how.sessions}};
    config.parameters = {{std::to_string(how.threads)}};
  }
  return config;
}

Result<StatisticsList> model_statistics(serving::Serving& serving, const access::Call& call, std::string_view name,
                                        std::int64_t revision) {
  StatisticsList list;
  for (const serving::Statistics& one : SOUK_TRY(serving.statistics(call, name, revision))) {
    list.model_stats.push_back(shape(call, one));
  }
  return list;
}

std::string name_for(const access::Call& call, std::string_view ns, std::string_view slug) {
  if (ns == call.namespace_) return std::string(slug);
  return std::string(ns).append("/").append(slug);
}

Result<std::int64_t> revision_of(std::string_view text) {
  if (text.empty()) return 0;
  std::int64_t revision = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (fault == std::errc() && end == text.data() + text.size() && revision > 0) return revision;
  return not_found("a model version is the number of a revision; " + access::as_shown(text) + " is none");
}

Result<bool> is_ready(serving::Serving& serving, const access::Call& call, std::string_view name,
                      std::string_view version) {
  auto pinned = serving.pin(call, name, SOUK_TRY(revision_of(version)), access::Role::READER);
  if (pinned) return true;
  Code code = pinned.error().code;
  if (code == Code::unavailable || code == Code::failed_precondition) return false;
  return std::move(pinned.error());
}

}  // namespace souk::api::oip
