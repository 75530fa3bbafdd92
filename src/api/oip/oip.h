// SPDX-License-Identifier: Apache-2.0
//
// The Open Inference Protocol over REST (inference_rest.md): server and model metadata, health, infer, with the
// binary tensor data extension in both directions. A model name is a deployment ("digits", "team/digits"), a model
// version one of its revisions. Errors are {"error": "…"}.
#pragma once

#include <string>
#include <string_view>

#include "api/route.h"
#include "serving/serving.h"

namespace souk::api::oip {

// {"error": "…"} with the status of souk's table.
net::Response error_response(const Error& error, const access::Call& call);

// The JSON of GET /v2, which OCI's GET /v2/ answers too.
std::string server_metadata(std::string_view version);

// `serving` must outlive the table.
void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version);

void add_infer(RouteTable::Door& door, serving::Serving& serving);

// "{ns}/{model}" or "{model}" of the path; the revision named there, 0 for none. Errors: not_found (no number)
std::string model_name(const Exchange& exchange);
Result<std::int64_t> model_revision(const Exchange& exchange);

}  // namespace souk::api::oip
