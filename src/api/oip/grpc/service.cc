// SPDX-License-Identifier: Apache-2.0
//
// inference.GRPCInferenceService but for inference itself: what REST says, in messages.
#include "api/grpc/method.h"
#include "api/grpc/services.h"
#include "api/grpc/status.h"
#include "api/oip/grpc/infer.h"
#include "api/oip/grpc/request.h"
#include "api/oip/models.h"
#include "api/oip/oip.h"
#include "api/oip/repository.h"
#include "api/protos/open_inference_grpc.pb.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

namespace pb = ::inference;

constexpr const char* kService = "inference.GRPCInferenceService";

std::string method(std::string_view name) {
  return std::string("/").append(kService).append("/").append(name);
}

pb::ServerMetadataResponse to_message(const ServerMetadata& metadata) {
  pb::ServerMetadataResponse response;
  response.set_name(metadata.name);
  response.set_version(metadata.version);
  for (const std::string& extension : metadata.extensions) response.add_extensions(extension);
  return response;
}

void set_tensor(const TensorMetadata& spec, pb::ModelMetadataResponse::TensorMetadata& out) {
  out.set_name(spec.name);
  out.set_datatype(std::string(runtimes::datatype_name(spec.datatype)));
  for (std::int64_t dimension : spec.shape) out.add_shape(dimension);
}

pb::ModelMetadataResponse to_message(const ModelMetadata& metadata) {
  pb::ModelMetadataResponse response;
  response.set_name(metadata.name);
  for (const std::string& version : metadata.versions) response.add_versions(version);
  response.set_platform(metadata.platform);
  for (const auto& spec : metadata.inputs) set_tensor(spec, *response.add_inputs());
  for (const auto& spec : metadata.outputs) set_tensor(spec, *response.add_outputs());
  return response;
}

void set_tensor(const TensorConfig& from, auto& out) {
  out.set_name(from.name);
  pb::DataType type = pb::TYPE_INVALID;
  pb::DataType_Parse(from.data_type, &type);
  out.set_data_type(type);
  for (std::int64_t dimension : from.dims) out.add_dims(dimension);
}

pb::ModelConfigResponse to_message(const ModelConfig& from) {
  pb::ModelConfigResponse response;
  pb::ModelConfig& config = *response.mutable_config();
  config.set_name(from.name);
  config.set_platform(from.platform);
  config.set_backend(from.backend);
  for (std::int64_t version : from.version_policy.specific.versions) {
    config.mutable_version_policy()->mutable_specific()->add_versions(version);
  }
  config.set_max_batch_size(static_cast<std::int32_t>(from.max_batch_size));
  for (const TensorConfig& tensor : from.input) set_tensor(tensor, *config.add_input());
  for (const TensorConfig& tensor : from.output) set_tensor(tensor, *config.add_output());
  if (from.dynamic_batching) {
    pb::ModelDynamicBatching& batching = *config.mutable_dynamic_batching();
    for (std::int64_t size : from.dynamic_batching->preferred_batch_size) {
      batching.add_preferred_batch_size(static_cast<std::int32_t>(size));
    }
    batching.set_max_queue_delay_microseconds(
        static_cast<std::uint64_t>(from.dynamic_batching->max_queue_delay_microseconds));
    batching.set_priority_levels(static_cast<std::uint64_t>(from.dynamic_batching->priority_levels));
    batching.set_default_priority_level(static_cast<std::uint64_t>(from.dynamic_batching->default_priority_level));
  }
  for (const InstanceGroup& group : from.instance_group) {
    pb::ModelInstanceGroup& out = *config.add_instance_group();
    out.set_kind(pb::ModelInstanceGroup::KIND_CPU);
    out.set_count(static_cast<std::int32_t>(group.count));
  }
  if (from.parameters) {
    (*config.mutable_parameters())["intra_op_thread_count"].set_string_value(
        from.parameters->intra_op_thread_count.string_value);
  }
  return response;
}

void set(pb::StatisticDuration* out, const DurationStatistics& from) {
  out->set_count(from.count);
  out->set_ns(from.ns);
}

void set(pb::ModelStatistics& out, const ModelStatistics& from) {
  out.set_name(from.name);
  out.set_version(from.version);
  out.set_last_inference(static_cast<std::uint64_t>(from.last_inference));
  out.set_inference_count(from.inference_count);
  out.set_execution_count(from.execution_count);
  pb::InferStatistics& stats = *out.mutable_inference_stats();
  set(stats.mutable_success(), from.inference_stats.success);
  set(stats.mutable_fail(), from.inference_stats.fail);
  set(stats.mutable_queue(), from.inference_stats.queue);
  set(stats.mutable_compute_input(), from.inference_stats.compute_input);
  set(stats.mutable_compute_infer(), from.inference_stats.compute_infer);
  set(stats.mutable_compute_output(), from.inference_stats.compute_output);
  set(stats.mutable_cache_hit(), from.inference_stats.cache_hit);
  set(stats.mutable_cache_miss(), from.inference_stats.cache_miss);
  for (const BatchStatistics& size : from.batch_stats) {
    pb::InferBatchStatistics& batch = *out.add_batch_stats();
    batch.set_batch_size(size.batch_size);
    set(batch.mutable_compute_input(), size.compute_input);
    set(batch.mutable_compute_infer(), size.compute_infer);
    set(batch.mutable_compute_output(), size.compute_output);
  }
  for (const MemoryUsage& memory : from.memory_usage) {
    pb::MemoryUsage& usage = *out.add_memory_usage();
    usage.set_type(memory.type);
    usage.set_id(memory.id);
    usage.set_byte_size(static_cast<std::uint64_t>(memory.byte_size));
  }
}

void add_repository(RouteTable::Door& door, const ContextPtr& context) {
  door.add(grpc::blocking<pb::RepositoryIndexRequest, pb::RepositoryIndexResponse>(
      method("RepositoryIndex"), kReader,
      [context](const access::Call& call,
                const pb::RepositoryIndexRequest& request) -> Result<pb::RepositoryIndexResponse> {
        pb::RepositoryIndexResponse response;
        for (const IndexEntry& entry :
             SOUK_TRY(repository_index(context->serving, call, request.repository_name(), request.ready()))) {
          auto& model = *response.add_models();
          model.set_name(entry.name);
          model.set_version(entry.version);
          model.set_state(entry.state);
          model.set_reason(entry.reason);
        }
        return response;
      }));
  door.add(grpc::later<pb::RepositoryModelLoadRequest, pb::RepositoryModelLoadResponse>(
      method("RepositoryModelLoad"), kWriter,
      [context](const access::Call& call, const pb::RepositoryModelLoadRequest& request,
                const std::function<void(Result<pb::RepositoryModelLoadResponse>)>& done) {
        if (!request.parameters().empty()) {
          return done(invalid_argument("'" + request.parameters().begin()->first + "' is not known")
                          .at("parameters")
                          .advise("push a version instead of overriding one"));
        }
        load_model(context->serving, call, request.model_name(), [done](Status loaded) {
          if (!loaded) return done(std::move(loaded.error()));
          done(pb::RepositoryModelLoadResponse());
        });
      }));
  door.add(grpc::later<pb::RepositoryModelUnloadRequest, pb::RepositoryModelUnloadResponse>(
      method("RepositoryModelUnload"), kWriter,
      [context](const access::Call& call, const pb::RepositoryModelUnloadRequest& request,
                const std::function<void(Result<pb::RepositoryModelUnloadResponse>)>& done) {
        for (const auto& [name, value] : request.parameters()) {
          if (name == "unload_dependents") continue;  // a deployment has none
          return done(invalid_argument("'" + name + "' is not known").at("parameters"));
        }
        unload_model(context->serving, call, request.model_name(), [done](Status unloaded) {
          if (!unloaded) return done(std::move(unloaded.error()));
          done(pb::RepositoryModelUnloadResponse());
        });
      }));
}

}  // namespace

void add_grpc(RouteTable& table, const ContextPtr& context) {
  RouteTable::Door tools = table.door("grpc", &grpc::error_response, {"/grpc.health.v1.Health"});
  grpc::add_health(tools, [context] { return context->serving.ready(); }, {kService});
  grpc::add_reflection(tools);

  RouteTable::Door door = table.door("oip_grpc", &grpc::error_response, {std::string("/") + kService});
  door.add(grpc::direct<pb::ServerLiveRequest, pb::ServerLiveResponse>(
      method("ServerLive"), kAnyone, [](const access::Call&, const auto&) -> Result<pb::ServerLiveResponse> {
        pb::ServerLiveResponse response;
        response.set_live(true);
        return response;
      }));
  door.add(grpc::direct<pb::ServerReadyRequest, pb::ServerReadyResponse>(
      method("ServerReady"), kAnyone, [context](const access::Call&, const auto&) -> Result<pb::ServerReadyResponse> {
        pb::ServerReadyResponse response;
        response.set_ready(context->serving.ready());
        return response;
      }));
  door.add(grpc::direct<pb::ServerMetadataRequest, pb::ServerMetadataResponse>(
      method("ServerMetadata"), kAnyone,
      [context](const access::Call&, const auto&) -> Result<pb::ServerMetadataResponse> {
        return to_message(server_metadata(context->version));
      }));
  door.add(grpc::direct<pb::ModelReadyRequest, pb::ModelReadyResponse>(
      method("ModelReady"), kReader,
      [context](const access::Call& call, const pb::ModelReadyRequest& request) -> Result<pb::ModelReadyResponse> {
        pb::ModelReadyResponse response;
        response.set_ready(SOUK_TRY(is_ready(context->serving, call, request.name(), request.version())));
        return response;
      }));
  door.add(grpc::direct<pb::ModelMetadataRequest, pb::ModelMetadataResponse>(
      method("ModelMetadata"), kReader,
      [context](const access::Call& call,
                const pb::ModelMetadataRequest& request) -> Result<pb::ModelMetadataResponse> {
        std::int64_t revision = SOUK_TRY(revision_of(request.version()));
        auto pinned = SOUK_TRY(context->serving.pin(call, request.name(), revision, access::Role::READER));
        return to_message(model_metadata(request.name(), *pinned));
      }));
  door.add(grpc::direct<pb::ModelConfigRequest, pb::ModelConfigResponse>(
      method("ModelConfig"), kReader,
      [context](const access::Call& call, const pb::ModelConfigRequest& request) -> Result<pb::ModelConfigResponse> {
        std::int64_t revision = SOUK_TRY(revision_of(request.version()));
        auto pinned = SOUK_TRY(context->serving.pin(call, request.name(), revision, access::Role::READER));
        return to_message(model_config(request.name(), pinned));
      }));
  door.add(grpc::direct<pb::ModelStatisticsRequest, pb::ModelStatisticsResponse>(
      method("ModelStatistics"), kReader,
      [context](const access::Call& call,
                const pb::ModelStatisticsRequest& request) -> Result<pb::ModelStatisticsResponse> {
        std::int64_t revision = SOUK_TRY(revision_of(request.version()));
        pb::ModelStatisticsResponse response;
        for (const ModelStatistics& one :
             SOUK_TRY(model_statistics(context->serving, call, request.name(), revision)).model_stats) {
          set(*response.add_model_stats(), one);
        }
        return response;
      }));
  add_repository(door, context);
  door.add(grpc::stream(method("ModelInfer"), kExecutor, kInferLimits,
                        {.max_bytes = kInferLimits.max_bytes, .find_aligned = &find_first_tensor},
                        [context](const grpc::ServerCallPtr& call) { infer_once(context, call); }));
  door.add(grpc::stream(method("ModelStreamInfer"), kExecutor, kStreamLimits,
                        {.max_bytes = kInferLimits.max_bytes, .find_aligned = &find_first_tensor},
                        [context](const grpc::ServerCallPtr& call) { infer_stream(context, call); }));
}

}  // namespace souk::api::oip
