// SPDX-License-Identifier: Apache-2.0
//
// The Open Inference Protocol by REST: /v2/health, /v2/models (inference_rest.md), with the binary tensor data
// extension. A model name is a deployment, `name` or `namespace/name`; a model version is one of its revisions.
// Errors are {"error": …}.
#pragma once

#include <string>
#include <string_view>

#include "api/route.h"
#include "serving/serving.h"

namespace souk::api::oip {

// The JSON of GET /v2, and of GET /v2/ beside OCI's header.
std::string server_metadata(std::string_view version);

// `serving` must outlive the table.
void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version);

}  // namespace souk::api::oip
