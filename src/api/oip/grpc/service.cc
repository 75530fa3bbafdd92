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

void set_tensor(const registry::TensorSpec& spec, pb::ModelMetadataResponse::TensorMetadata& out) {
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
  door.add(grpc::stream(method("ModelInfer"), kExecutor, kInferLimits,
                        {.max_bytes = kInferLimits.max_bytes, .find_aligned = &find_first_tensor},
                        [context](const grpc::ServerCallPtr& call) { infer_once(context, call); }));
  door.add(grpc::stream(method("ModelStreamInfer"), kExecutor, kStreamLimits,
                        {.max_bytes = kInferLimits.max_bytes, .find_aligned = &find_first_tensor},
                        [context](const grpc::ServerCallPtr& call) { infer_stream(context, call); }));
}

}  // namespace souk::api::oip
