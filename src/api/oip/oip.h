// SPDX-License-Identifier: Apache-2.0
//
// The Open Inference Protocol, over REST (inference_rest.md) with the binary tensor data extension in both directions,
// and over gRPC (protos/open_inference_grpc.proto). A model name is a deployment ("digits", "team/digits"), a model
// version one of its revisions. REST's errors are {"error": "…"}.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/route.h"
#include "serving/serving.h"
#include "tasks/task_cache.h"

namespace souk::api::oip {

inline constexpr net::BodyLimits kInferLimits{.max_bytes = 256 << 20};

// What the handlers share.
struct Context {
  Context(serving::Serving& serving, std::string_view version) : serving(serving), version(version) {}
  serving::Serving& serving;
  std::string version;
  tasks::TaskCache tasks;
};
using ContextPtr = std::shared_ptr<Context>;

// {"error": "…"} with the status of souk's table.
net::Response error_response(const Error& error, const access::Call& call);

// The JSON of GET /v2, which OCI's GET /v2/ answers too.
std::string server_metadata_json(std::string_view version);

// `serving` must outlive the table.
void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version);

void add_infer(RouteTable::Door& door, const ContextPtr& context);
void add_grpc(RouteTable& table, const ContextPtr& context);

// "{ns}/{model}" or "{model}" of the path.
std::string model_name(const Exchange& exchange);

}  // namespace souk::api::oip
