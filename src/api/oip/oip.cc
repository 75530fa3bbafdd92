// SPDX-License-Identifier: Apache-2.0
#include "api/oip/oip.h"

#include "api/error_table.h"
#include "api/oip/models.h"
#include "api/oip/repository.h"
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

struct IndexBody {
  std::optional<bool> ready;
};
BOOST_DESCRIBE_STRUCT(IndexBody, (), (ready))

// Triton's clients send `unload_dependents`; a deployment has none.
struct UnloadParameters {
  std::optional<bool> unload_dependents;
};
BOOST_DESCRIBE_STRUCT(UnloadParameters, (), (unload_dependents))
struct NoParameters {};
BOOST_DESCRIBE_STRUCT(NoParameters, (), ())
template <class Parameters>
struct RepositoryBody {
  std::optional<Parameters> parameters;
};
BOOST_DESCRIBE_STRUCT(RepositoryBody<NoParameters>, (), (parameters))
BOOST_DESCRIBE_STRUCT(RepositoryBody<UnloadParameters>, (), (parameters))

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

void get_config(Context& context, Exchange& exchange) {
  auto revision = revision_of(exchange.parameter("version"));
  if (!revision) return exchange.fail(revision.error());
  std::string name = model_name(exchange);
  auto pinned = context.serving.pin(exchange.call, name, *revision, access::Role::READER);
  if (!pinned) return exchange.fail(pinned.error());
  exchange.send(json_response(200, json::write(model_config(name, *pinned))));
}

void get_statistics(Context& context, Exchange& exchange) {
  auto revision = revision_of(exchange.parameter("version"));
  if (!revision) return exchange.fail(revision.error());
  auto statistics = model_statistics(context.serving, exchange.call, model_name(exchange), *revision);
  if (!statistics) return exchange.fail(statistics.error());
  exchange.send(json_response(200, json::write(*statistics)));
}

// An absent body is an empty object.
template <class Body>
Result<Body> read_body(const Exchange& exchange) {
  if (!exchange.body || exchange.body->empty()) return Body{};
  return json::read<Body>(*exchange.body, json::UnknownFields::refuse);
}

void post_index(Context& context, Exchange& exchange) {
  auto body = read_body<IndexBody>(exchange);
  if (!body) return exchange.fail(body.error());
  auto index = repository_index(context.serving, exchange.call, exchange.parameter("ns"), body->ready.value_or(false));
  if (!index) return exchange.fail(index.error());
  exchange.send(json_response(200, json::write(*index)));
}

using Change = void (*)(serving::Serving&, const access::Call&, std::string_view, Loaded);

template <class Parameters>
void post_change(Context& context, const ExchangePtr& exchange, Change change) {
  auto body = read_body<RepositoryBody<Parameters>>(*exchange);
  if (!body) return exchange->fail(body.error());
  change(context.serving, exchange->call, model_name(*exchange), [exchange](Status done) {
    if (!done) return exchange->fail(done.error());
    exchange->send(json_response(200, "{}"));
  });
}

Route post(std::string pattern, Permission permission, std::function<void(const ExchangePtr&)> run) {
  return Route{"POST", std::move(pattern), permission, kUsual, Form::plain, std::move(run), {}};
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
      door.add(
          get(path + "/config", kReader, [context](const ExchangePtr& exchange) { get_config(*context, *exchange); }));
      door.add(get(path + "/stats", kReader,
                   [context](const ExchangePtr& exchange) { get_statistics(*context, *exchange); }));
    }
  }
  door.add(get("/v2/models/stats", kReader,
               [context](const ExchangePtr& exchange) { get_statistics(*context, *exchange); }));
  for (const char* index : {"/v2/repository/index", "/v2/repository/{ns}/index"}) {
    door.add(post(index, kReader, [context](const ExchangePtr& exchange) { post_index(*context, *exchange); }));
  }
  for (const char* model : {"/v2/repository/models/{model}", "/v2/repository/models/{ns}/{model}"}) {
    door.add(post(std::string(model) + "/load", kWriter, [context](const ExchangePtr& exchange) {
      post_change<NoParameters>(*context, exchange, &load_model);
    }));
    door.add(post(std::string(model) + "/unload", kWriter, [context](const ExchangePtr& exchange) {
      post_change<UnloadParameters>(*context, exchange, &unload_model);
    }));
  }
  add_infer(door, context);
  add_grpc(table, context);
}

}  // namespace souk::api::oip
