// SPDX-License-Identifier: Apache-2.0
//
// What the protocol says of a server and of models, whatever form it is asked in; the field names are REST's. A model
// name is a deployment ("digits", "team/digits"), a version the number of one of its revisions with traffic.
// Sources: inference_rest.md; the model configuration and statistics extensions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/oip/request.h"
#include "serving/serving.h"

namespace souk::api::oip {

struct ServerMetadata {
  std::string name = "souk";
  std::string version;
  std::vector<std::string> extensions;
};
BOOST_DESCRIBE_STRUCT(ServerMetadata, (), (name, version, extensions))
ServerMetadata server_metadata(std::string_view version);

struct TensorMetadata {
  std::string name;
  registry::Datatype datatype;
  std::vector<std::int64_t> shape;  // -1: any
};
BOOST_DESCRIBE_STRUCT(TensorMetadata, (), (name, datatype, shape))
struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  std::vector<TensorMetadata> inputs, outputs;
};
BOOST_DESCRIBE_STRUCT(ModelMetadata, (), (name, versions, platform, inputs, outputs))
ModelMetadata model_metadata(std::string_view name, const serving::Target& target);

struct TensorConfig {
  std::string name;
  std::string data_type;           // "TYPE_FP32"
  std::vector<std::int64_t> dims;  // without the batch, where requests are joined
};
BOOST_DESCRIBE_STRUCT(TensorConfig, (), (name, data_type, dims))
struct SpecificVersions {
  std::vector<std::int64_t> versions;
};
BOOST_DESCRIBE_STRUCT(SpecificVersions, (), (versions))
struct VersionPolicy {
  SpecificVersions specific;
};
BOOST_DESCRIBE_STRUCT(VersionPolicy, (), (specific))
struct DynamicBatching {
  std::vector<std::int64_t> preferred_batch_size;
  std::int64_t max_queue_delay_microseconds = 0;
  std::int64_t priority_levels = 0;
  std::int64_t default_priority_level = 0;
};
BOOST_DESCRIBE_STRUCT(DynamicBatching, (),
                      (preferred_batch_size, max_queue_delay_microseconds, priority_levels, default_priority_level))
struct InstanceGroup {
  std::int64_t count = 1;  // sessions
  std::string kind = "KIND_CPU";
};
BOOST_DESCRIBE_STRUCT(InstanceGroup, (), (count, kind))
struct ConfigParameter {
  std::string string_value;
};
BOOST_DESCRIBE_STRUCT(ConfigParameter, (), (string_value))
// As Triton's ONNX backend names it.
struct ConfigParameters {
  ConfigParameter intra_op_thread_count;
};
BOOST_DESCRIBE_STRUCT(ConfigParameters, (), (intra_op_thread_count))
struct ModelConfig {
  std::string name;
  std::string platform;
  std::string backend;
  VersionPolicy version_policy;
  std::int64_t max_batch_size = 0;  // 0: requests are not joined
  std::vector<TensorConfig> input, output;
  std::optional<DynamicBatching> dynamic_batching;
  std::vector<InstanceGroup> instance_group;  // with the parameters: how it runs, where it is loaded
  std::optional<ConfigParameters> parameters;
};
BOOST_DESCRIBE_STRUCT(ModelConfig, (),
                      (name, platform, backend, version_policy, max_batch_size, input, output, dynamic_batching,
                       instance_group, parameters))
ModelConfig model_config(std::string_view name, const serving::Pinned& pinned);

struct DurationStatistics {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;  // of all
};
BOOST_DESCRIBE_STRUCT(DurationStatistics, (), (count, ns))
// Inputs and outputs are views into requests and answers, and there is no cache of answers: what they take is counted
// and takes no time.
struct InferStatistics {
  DurationStatistics success, fail, queue, compute_input, compute_infer, compute_output, cache_hit, cache_miss;
};
BOOST_DESCRIBE_STRUCT(InferStatistics, (),
                      (success, fail, queue, compute_input, compute_infer, compute_output, cache_hit, cache_miss))
struct BatchStatistics {
  std::uint64_t batch_size = 0;
  DurationStatistics compute_input, compute_infer, compute_output;
};
BOOST_DESCRIBE_STRUCT(BatchStatistics, (), (batch_size, compute_input, compute_infer, compute_output))
struct MemoryUsage {
  std::string type = "CPU";
  std::int64_t id = 0;
  std::int64_t byte_size = 0;
};
BOOST_DESCRIBE_STRUCT(MemoryUsage, (), (type, id, byte_size))
struct ModelStatistics {
  std::string name;
  std::string version;
  std::int64_t last_inference = 0;  // ms since the epoch; 0: none yet
  std::uint64_t inference_count = 0;
  std::uint64_t execution_count = 0;
  InferStatistics inference_stats;
  std::vector<BatchStatistics> batch_stats;
  std::vector<MemoryUsage> memory_usage;
};
BOOST_DESCRIBE_STRUCT(ModelStatistics, (),
                      (name, version, last_inference, inference_count, execution_count, inference_stats, batch_stats,
                       memory_usage))
struct StatisticsList {
  std::vector<ModelStatistics> model_stats;
};
BOOST_DESCRIBE_STRUCT(StatisticsList, (), (model_stats))
// Since each revision was loaded at this node. An empty name: of all that the caller may read.
// Errors: those of Serving::pin
Result<StatisticsList> model_statistics(serving::Serving& serving, const access::Call& call, std::string_view name,
                                        std::int64_t revision);

// As a model is called by this caller: "digits", and "team/digits" outside of the caller's namespace.
std::string name_for(const access::Call& call, std::string_view ns, std::string_view slug);

// The number of a revision; 0 when `text` is empty. Errors: not_found
Result<std::int64_t> revision_of(std::string_view text);

// Whether it answers now. Errors: not_found
Result<bool> is_ready(serving::Serving& serving, const access::Call& call, std::string_view name,
                      std::string_view version);

}  // namespace souk::api::oip
