// SPDX-License-Identifier: Apache-2.0
#include "api/oip/oip.h"

#include <charconv>

#include "api/error_table.h"
#include "base/json.h"

namespace souk::api::oip {
namespace {

struct OipError {
  std::string error;
};
BOOST_DESCRIBE_STRUCT(OipError, (), (error))

struct ServerMetadata {
  std::string name = "souk";
  std::string version;
  std::vector<std::string> extensions{"binary_tensor_data"};
};
BOOST_DESCRIBE_STRUCT(ServerMetadata, (), (name, version, extensions))

struct Health {
  bool live = true;
  std::optional<bool> ready;
};
BOOST_DESCRIBE_STRUCT(Health, (), (live, ready))

struct ModelReady {
  std::string name;
  bool ready = true;
};
BOOST_DESCRIBE_STRUCT(ModelReady, (), (name, ready))

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  std::vector<registry::TensorSpec> inputs, outputs;
};
BOOST_DESCRIBE_STRUCT(ModelMetadata, (), (name, versions, platform, inputs, outputs))

net::Response json_response(int status, std::string body) {
  return net::Response::text(status, "application/json", std::move(body));
}

void model_metadata(serving::Serving& serving, Exchange& exchange) {
  auto revision = model_revision(exchange);
  if (!revision) return exchange.fail(revision.error());
  std::string name = model_name(exchange);
  auto pinned = serving.pin(exchange.call, name, *revision, access::Role::READER);
  if (!pinned) return exchange.fail(pinned.error());
  const serving::Target& target = **pinned;
  ModelMetadata metadata{std::move(name),
                         {std::to_string(target.revision)},
                         target.platform,
                         target.signature.inputs,
                         target.signature.outputs};
  net::Response response = json_response(200, json::write(metadata));
  response.add("souk-version-digest", target.digest);
  exchange.send(std::move(response));
}

void model_ready(serving::Serving& serving, Exchange& exchange) {
  auto revision = model_revision(exchange);
  if (!revision) return exchange.fail(revision.error());
  std::string name = model_name(exchange);
  auto pinned = serving.pin(exchange.call, name, *revision, access::Role::READER);
  bool there = pinned || pinned.error().code == Code::unavailable || pinned.error().code == Code::failed_precondition;
  if (!there) return exchange.fail(pinned.error());
  exchange.send(json_response(pinned ? 200 : 503, json::write(ModelReady{std::move(name), pinned.has_value()})));
}

Route get(std::string pattern, Permission permission, std::function<void(const ExchangePtr&)> run) {
  return Route{"GET", std::move(pattern), permission, {.max_bytes = 0}, Form::completing, std::move(run), {}};
}

}  // namespace

net::Response error_response(const Error& error, const access::Call&) {
  std::string text = error.describe();
  if (!error.hint.empty()) text += "; " + error.hint;
  net::Response response = json_response(http_status(error), json::write(OipError{std::move(text)}));
  add_error_headers(response, error);
  return response;
}

std::string server_metadata(std::string_view version) {
  ServerMetadata metadata;
  metadata.version = version;
  return json::write(metadata);
}

std::string model_name(const Exchange& exchange) {
  std::string_view ns = exchange.parameter("ns"), model = exchange.parameter("model");
  // A name that holds a slash after decoding is a name of nothing.
  if (ns.empty()) return std::string(model);
  std::string name(ns);
  return name.append("/").append(model);
}

Result<std::int64_t> model_revision(const Exchange& exchange) {
  std::string_view text = exchange.parameter("version");
  if (text.empty()) return 0;
  std::int64_t revision = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (fault == std::errc() && end == text.data() + text.size() && revision > 0) return revision;
  return not_found("a model version is the number of a revision; " + access::as_shown(text) + " is none");
}

void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version) {
  RouteTable::Door door = table.door("oip", &error_response, {"/v2/health", "/v2/models", "/v2/repository"});
  std::string metadata = server_metadata(version);
  door.add(
      get("/v2", kAnyone, [metadata](const ExchangePtr& exchange) { exchange->send(json_response(200, metadata)); }));
  door.add(get("/v2/health/live", kAnyone,
               [](const ExchangePtr& exchange) { exchange->send(json_response(200, json::write(Health{}))); }));
  door.add(get("/v2/health/ready", kAnyone, [&serving](const ExchangePtr& exchange) {
    bool ready = serving.ready();
    exchange->send(json_response(ready ? 200 : 503, json::write(Health{true, ready})));
  }));
  for (const char* model : {"/v2/models/{model}", "/v2/models/{ns}/{model}"}) {
    for (const char* version_part : {"", "/versions/{version}"}) {
      std::string path = std::string(model) + version_part;
      door.add(get(path, kReader, [&serving](const ExchangePtr& exchange) { model_metadata(serving, *exchange); }));
      door.add(
          get(path + "/ready", kReader, [&serving](const ExchangePtr& exchange) { model_ready(serving, *exchange); }));
    }
  }
  add_infer(door, serving);
}

}  // namespace souk::api::oip
