// SPDX-License-Identifier: Apache-2.0
//
// The OCI door: push, pull, tags, referrers and deletion under /v2/<name>/(blobs|manifests|tags|referrers)/….
// A name is `model` (in the call's namespace) or `namespace/model`. Source: OCI distribution-spec 1.1.
#pragma once

#include <string>

#include "api/route.h"
#include "artifacts/artifacts.h"
#include "registry/registry.h"

namespace souk::api::oci {

// `server_metadata`: the JSON that GET /v2/ answers beside OCI's header (Open Inference Protocol, server metadata).
void add_routes(RouteTable& table, registry::Registry& registry, artifacts::Artifacts& artifacts,
                std::string server_metadata);

}  // namespace souk::api::oci
