// SPDX-License-Identifier: Apache-2.0
//
// The Kubeflow Model Registry door: /api/model_registry/v1alpha3, and v1 alike. Its namespace is the call's
// (X-Souk-Namespace, else the key's default). Ids are souk's own; names are free text. Source: kubeflow/model-registry,
// model-registry.yaml.
#pragma once

#include <array>
#include <string>

#include "access/access.h"
#include "api/route.h"
#include "registry/metrics/run_log.h"
#include "registry/records/records.h"
#include "registry/registry.h"

namespace souk::api::kubeflow {

struct Rooms {
  access::Access& access;
  registry::Registry& registry;
  registry::Records<registry::Experiment> experiments{registry};
  registry::Records<registry::ExperimentRun> runs{registry};
  registry::Records<registry::Artifact> artifacts{registry};
  registry::Records<registry::Environment> environments{registry};
  registry::Records<registry::InferenceService> services{registry};
  registry::Records<registry::ServeModel> serves{registry};
  registry::RunLog log{registry};
};

inline constexpr std::array<std::string_view, 2> kPrefixes{"/api/model_registry/v1alpha3", "/api/model_registry/v1"};

// {"code": "Bad Request", "message": …}
net::Response error_response(const Error& error, const access::Call& call);

// `rooms` must outlive the table.
void add_routes(RouteTable& table, const Rooms& rooms);

}  // namespace souk::api::kubeflow
