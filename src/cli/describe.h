// SPDX-License-Identifier: Apache-2.0
//
// Pieces that several commands use: the API's paths of a reference, and its versions.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/reference.h"
#include "cli/remote.h"

namespace souk::cli {

// "/api/v1/namespaces/NS/models/MODEL"
std::string model_path(const Reference& reference);
std::string deployment_path(const Name& name);

// The version's number that a reference means; the latest one when it names none.
// Errors: not_found (no such tag, alias, digest or version)
Result<std::int64_t> resolve_version(Remote& remote, const Reference& reference);
std::string version_path(const Reference& reference, std::int64_t number);

// A value of the answer, or `fallback`.
std::int64_t integer_at(json::Value value, std::string_view path, std::int64_t fallback);

}  // namespace souk::cli
