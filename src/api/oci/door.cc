// SPDX-License-Identifier: Apache-2.0
#include "api/oci/door.h"

#include "api/error_table.h"
#include "api/oci/oci.h"

namespace souk::api::oci {

namespace {

struct ErrorDetail {
  std::optional<std::string> field;
  std::optional<std::string> hint;
};
BOOST_DESCRIBE_STRUCT(ErrorDetail, (), (field, hint))
struct OneError {
  std::string code;
  std::string message;
  std::optional<ErrorDetail> detail;
};
BOOST_DESCRIBE_STRUCT(OneError, (), (code, message, detail))
struct Errors {
  std::vector<OneError> errors;
};
BOOST_DESCRIBE_STRUCT(Errors, (), (errors))

std::string_view code_of(const Error& error, const Codes& codes) {
  switch (error.code) {
    case Code::not_found:
      return codes.missing;
    case Code::invalid_argument:
    case Code::already_exists:
    case Code::aborted:
      return error.field == "digest" ? "DIGEST_INVALID" : codes.invalid;
    case Code::out_of_range:
      return codes.invalid;
    case Code::unauthenticated:
      return "UNAUTHORIZED";
    case Code::permission_denied:
    case Code::failed_precondition:
      return "DENIED";
    case Code::resource_exhausted:
      return error.field == "body" ? "SIZE_INVALID" : "TOOMANYREQUESTS";
    case Code::unimplemented:
      return "UNSUPPORTED";
    default:
      return code_name(error.code);
  }
}

}  // namespace

net::Response error_response(int status, std::string_view code, const Error& error) {
  OneError one{std::string(code), error.describe(), {}};
  if (!error.field.empty() || !error.hint.empty()) {
    one.detail.emplace();
    if (!error.field.empty()) one.detail->field = error.field;
    if (!error.hint.empty()) one.detail->hint = error.hint;
  }
  net::Response response = net::Response::text(status, "application/json", json::write(Errors{{std::move(one)}}));
  response.add("Docker-Distribution-API-Version", "registry/2.0");
  if (error.code == Code::unauthenticated) {
    response.add("WWW-Authenticate", "Basic realm=\"souk\"");
  }
  add_retry_after(response, error);
  return response;
}

net::Response error_response(const Error& error, const Codes& codes) {
  return error_response(http_status(error), code_of(error, codes), error);
}

net::Response error_shape(const Error& error, const access::Call&) {
  return error_response(error, kOfName);
}

void fail(Exchange& exchange, const Error& error, const Codes& codes) {
  exchange.note(error);
  exchange.send(error_response(error, codes));
}

std::string name_of(const Exchange& exchange) {
  std::string_view ns = exchange.parameter("ns"), model = exchange.parameter("model");
  std::string name = net::encode_path_segment(model);
  return ns.empty() ? name : net::encode_path_segment(ns) + "/" + name;
}

std::string blob_location(const Exchange& exchange, const Digest& digest) {
  return "/v2/" + name_of(exchange) + "/blobs/" + digest.string();
}

std::string upload_location(const Exchange& exchange, std::string_view id) {
  return "/v2/" + name_of(exchange) + "/blobs/uploads/" + std::string(id);
}

std::string manifest_location(const Exchange& exchange, const Digest& digest) {
  return "/v2/" + name_of(exchange) + "/manifests/" + digest.string();
}

Result<artifacts::Repository> repository_of(const Rooms& rooms, const Exchange& exchange, access::Role needed) {
  return rooms.registry.repository(exchange.call, needed, exchange.parameter("ns"), exchange.parameter("model"));
}

void add(RouteTable::Door& door, std::string method, const std::string& rest, Permission permission,
         net::BodyLimits limits, Form form, std::function<void(const ExchangePtr&)> run) {
  for (const char* name : {"/v2/{model}", "/v2/{ns}/{model}"}) {
    door.add(Route{method, name + rest, permission, limits, form, run, {}});
  }
}

void add_routes(RouteTable& table, registry::Registry& registry, artifacts::Artifacts& artifacts,
                std::string server_metadata) {
  RouteTable::Door door = table.door("oci", &error_shape, {"/v2"});
  auto rooms = std::make_shared<const Rooms>(Rooms{registry, artifacts, std::move(server_metadata)});
  door.add(Route{"GET",
                 "/v2/",
                 kKnown,
                 {.max_bytes = 0},
                 Form::completing,
                 [rooms](const ExchangePtr& exchange) {
                   auto response = net::Response::text(200, "application/json", rooms->server_metadata);
                   exchange->send(std::move(response.add("Docker-Distribution-API-Version", "registry/2.0")));
                 },
                 {}});
  add_blobs(door, rooms);
  add_uploads(door, rooms);
  add_manifests(door, rooms);
  add_lists(door, rooms);
}

}  // namespace souk::api::oci
