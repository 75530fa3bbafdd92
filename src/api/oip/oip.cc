// SPDX-License-Identifier: Apache-2.0
#include "api/oip/oip.h"

#include "api/error_table.h"
#include "api/oip/models.h"
#include "base/json.h"

namespace souk::api::oip {
namespace {

struct OipError {
  std::string error;
};
BOOST_DESCRIBE_STRUCT(OipError, (), (error))

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

net::Response json_response(int status, std::string body) {
  return net::Response::text(status, "application/json", std::move(body));
}

void get_metadata(Context& context, Exchange& exchange) {
  auto revision = revision_of(exchange.parameter("version"));
  if (!revision) return exchange.fail(revision.error());
  std::string name = model_name(exchange);
  auto pinned = context.serving.pin(exchange.call, name, *revision, access::Role::READER);
  if (!pinned) return exchange.fail(pinned.error());
  net::Response response = json_response(200, json::write(model_metadata(name, **pinned)));
  response.add("souk-version-digest", (*pinned)->digest);
  exchange.send(std::move(response));
}

void get_ready(Context& context, Exchange& exchange) {
  std::string name = model_name(exchange);
  auto ready = is_ready(context.serving, exchange.call, name, exchange.parameter("version"));
  if (!ready) return exchange.fail(ready.error());
  exchange.send(json_response(*ready ? 200 : 503, json::write(ModelReady{std::move(name), *ready})));
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

std::string server_metadata_json(std::string_view version) {
  return json::write(server_metadata(version));
}

std::string model_name(const Exchange& exchange) {
  std::string_view ns = exchange.parameter("ns"), model = exchange.parameter("model");
  // A name that holds a slash after decoding is a name of nothing.
  if (ns.empty()) return std::string(model);
  std::string name(ns);
  return name.append("/").append(model);
}

void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version) {
  RouteTable::Door door = table.door("oip", &error_response, {"/v2/health", "/v2/models", "/v2/repository"});
  auto context = std::make_shared<Context>(serving, version);
  std::string metadata = server_metadata_json(version);
  door.add(
      get("/v2", kAnyone, [metadata](const ExchangePtr& exchange) { exchange->send(json_response(200, metadata)); }));
  door.add(get("/v2/health/live", kAnyone,
               [](const ExchangePtr& exchange) { exchange->send(json_response(200, json::write(Health{}))); }));
  door.add(get("/v2/health/ready", kAnyone, [context](const ExchangePtr& exchange) {
    bool ready = context->serving.ready();
    exchange->send(json_response(ready ? 200 : 503, json::write(Health{true, ready})));
  }));
  for (const char* model : {"/v2/models/{model}", "/v2/models/{ns}/{model}"}) {
    for (const char* version_part : {"", "/versions/{version}"}) {
      std::string path = std::string(model) + version_part;
      door.add(get(path, kReader, [context](const ExchangePtr& exchange) { get_metadata(*context, *exchange); }));
      door.add(
          get(path + "/ready", kReader, [context](const ExchangePtr& exchange) { get_ready(*context, *exchange); }));
    }
  }
  add_infer(door, context);
  add_grpc(table, context);
}

}  // namespace souk::api::oip
