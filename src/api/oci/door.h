// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the OCI door share: the rooms behind it, names in paths, and errors in the form that
// distribution-spec gives them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "access/model.h"
#include "api/exchange.h"
#include "api/route.h"
#include "artifacts/artifacts.h"
#include "registry/registry.h"

namespace souk::api::oci {

struct Rooms {
  registry::Registry& registry;
  artifacts::Artifacts& artifacts;
  std::string server_metadata;
};
using RoomsPtr = std::shared_ptr<const Rooms>;

// Codes of distribution-spec, "Error Codes", that an operation gives to what its errors mean.
struct Codes {
  std::string_view missing = "NAME_UNKNOWN";
  std::string_view invalid = "NAME_INVALID";
};
inline constexpr Codes kOfName{};
inline constexpr Codes kOfBlob{"BLOB_UNKNOWN", "DIGEST_INVALID"};
inline constexpr Codes kOfUpload{"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"};
inline constexpr Codes kOfManifest{"MANIFEST_UNKNOWN", "MANIFEST_INVALID"};
inline constexpr Codes kOfPushedManifest{"MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID"};

net::Response error_response(const Error& error, const Codes& codes);
net::Response error_response(int status, std::string_view code, const Error& error);
// The shape of errors that come before a handler runs.
net::Response error_shape(const Error& error, const access::Call& call);
void fail(Exchange& exchange, const Error& error, const Codes& codes);

// The name as the client wrote it: "digits" or "default/digits".
std::string name_of(const Exchange& exchange);
std::string blob_location(const Exchange& exchange, const Digest& digest);
std::string upload_location(const Exchange& exchange, std::string_view id);
std::string manifest_location(const Exchange& exchange, const Digest& digest);

// The repository of the path, when the caller has the role in it.
Result<artifacts::Repository> repository_of(const Rooms& rooms, const Exchange& exchange, access::Role needed);

// Adds one route for /v2/{model}/… and one for /v2/{ns}/{model}/….
void add(RouteTable::Door& door, std::string method, const std::string& rest, Permission permission,
         net::BodyLimits limits, Form form, std::function<void(const ExchangePtr&)> run);

void add_blobs(RouteTable::Door& door, const RoomsPtr& rooms);
void add_uploads(RouteTable::Door& door, const RoomsPtr& rooms);
void add_manifests(RouteTable::Door& door, const RoomsPtr& rooms);
void add_lists(RouteTable::Door& door, const RoomsPtr& rooms);

}  // namespace souk::api::oci
