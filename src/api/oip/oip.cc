// SPDX-License-Identifier: Apache-2.0
#include "api/oip/oip.h"

#include <charconv>

#include "api/error_table.h"
#include "api/oip/request.h"
#include "api/oip/response.h"
#include "base/json.h"

namespace souk::api::oip {

namespace {

constexpr net::BodyLimits kInferLimits{.max_bytes = 256 << 20};

struct ServerMetadata {
  std::string name = "souk";
  std::string version;
  std::vector<std::string> extensions{"binary_tensor_data"};
};
BOOST_DESCRIBE_STRUCT(ServerMetadata, (), (name, version, extensions))

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  std::vector<registry::TensorSpec> inputs, outputs;
};
BOOST_DESCRIBE_STRUCT(ModelMetadata, (), (name, versions, platform, inputs, outputs))

struct Live {
  bool live = true;
};
BOOST_DESCRIBE_STRUCT(Live, (), (live))
struct Ready {
  bool ready = true;
};
BOOST_DESCRIBE_STRUCT(Ready, (), (ready))
struct ModelReady {
  std::string name;
  bool ready = true;
};
BOOST_DESCRIBE_STRUCT(ModelReady, (), (name, ready))

struct Failure {
  std::string error;
};
BOOST_DESCRIBE_STRUCT(Failure, (), (error))

net::Response failure(const Error& error, const access::Call&) {
  std::string text = error.describe();
  if (!error.hint.empty()) text += " (" + error.hint + ")";
  net::Response response =
      net::Response::text(http_status(error), "application/json", json::write(Failure{std::move(text)}));
  add_error_headers(response, error);
  return response;
}

template <class T>
void answer(const ExchangePtr& exchange, int status, const T& value) {
  exchange->send(net::Response::text(status, "application/json", json::write(value)));
}

// "name" or "namespace/name", as the pattern has it.
std::string name_of(const Exchange& exchange) {
  std::string_view ns = exchange.parameter("ns"), name = exchange.parameter("name");
  return ns.empty() ? std::string(name) : std::string(ns) + "/" + std::string(name);
}

Result<serving::Pinned> pin(serving::Serving& serving, const Exchange& exchange) {
  std::string_view version = exchange.parameter("version");
  std::int64_t revision = 0;
  if (!version.empty()) {
    auto [end, fault] = std::from_chars(version.data(), version.data() + version.size(), revision);
    if (fault != std::errc() || end != version.data() + version.size() || revision < 1) {
      return not_found("version '" + std::string(version.substr(0, 100)) + "' of deployment " + name_of(exchange) +
                       " does not exist")
          .advise("a version here is the number of a revision");
    }
  }
  if (exchange.parameter("ns").empty()) return serving.pin(exchange.call, exchange.parameter("name"), revision);
  return serving.pin(exchange.call, name_of(exchange), revision);
}

void metadata(serving::Serving& serving, const ExchangePtr& exchange) {
  auto pinned = pin(serving, *exchange);
  if (!pinned) return exchange->fail(pinned.error());
  const serving::Target& target = **pinned;
  answer(exchange, 200,
         ModelMetadata{target.slug,
                       {std::to_string(target.revision)},
                       target.platform,
                       target.signature.inputs,
                       target.signature.outputs});
}

void ready(serving::Serving& serving, const ExchangePtr& exchange) {
  auto pinned = pin(serving, *exchange);
  if (pinned) return answer(exchange, 200, ModelReady{name_of(*exchange), true});
  bool known = pinned.error().code == Code::unavailable || pinned.error().code == Code::failed_precondition;
  if (!known) return exchange->fail(pinned.error());
  answer(exchange, 503, ModelReady{name_of(*exchange), false});
}

// One inference on its way: what the runtime's views look at stays here until the answer is sent.
struct Inference {
  ExchangePtr exchange;
  serving::Pinned pinned;
  std::unique_ptr<Request> request;
};

void infer(serving::Serving& serving, const ExchangePtr& exchange) {
  auto pinned = pin(serving, *exchange);
  if (!pinned) return exchange->fail(pinned.error());
  std::optional<std::string_view> header_length;
  if (exchange->head().has_header("Inference-Header-Content-Length"))
    header_length = exchange->head().header("Inference-Header-Content-Length");
  auto request = parse_request(*exchange->body, header_length);
  if (!request) return exchange->fail(request.error());
  auto inference = std::make_shared<Inference>(exchange, std::move(*pinned), std::move(*request));
  serving.infer(inference->pinned, inference->request->infer, exchange->call.deadline,
                [inference](runtimes::InferResult result) {
                  if (!result) return inference->exchange->fail(result.error());
                  auto response = make_response(*inference->request, *inference->pinned, std::move(*result));
                  if (!response) return inference->exchange->fail(response.error());
                  inference->exchange->send(std::move(*response));
                });
}

using Run = void (*)(serving::Serving&, const ExchangePtr&);

// A route for each way to name a model: with and without its namespace, with and without a version.
void add_for_each_name(RouteTable::Door& door, const char* method, const char* verb, Permission permission,
                       net::BodyLimits limits, serving::Serving& serving, Run run) {
  for (const char* name : {"{name}", "{ns}/{name}"}) {
    for (const char* version : {"", "/versions/{version}"}) {
      door.add(Route{method,
                     std::string("/v2/models/") + name + version + verb,
                     permission,
                     limits,
                     Form::completing,
                     [&serving, run](const ExchangePtr& exchange) { run(serving, exchange); },
                     {}});
    }
  }
}

}  // namespace

std::string server_metadata(std::string_view version) {
  return json::write(ServerMetadata{.version = std::string(version)});
}

void add_routes(RouteTable& table, serving::Serving& serving, std::string_view version) {
  RouteTable::Door door = table.door("oip", &failure, {"/v2/health", "/v2/models", "/v2/repository"});
  const net::BodyLimits no_body{.max_bytes = 0};
  door.add(Route{"GET",
                 "/v2",
                 kAnyone,
                 no_body,
                 Form::completing,
                 [text = server_metadata(version)](const ExchangePtr& exchange) {
                   exchange->send(net::Response::text(200, "application/json", text));
                 },
                 {}});
  door.add(Route{"GET",
                 "/v2/health/live",
                 kAnyone,
                 no_body,
                 Form::completing,
                 [](const ExchangePtr& exchange) { answer(exchange, 200, Live{}); },
                 {}});
  door.add(Route{"GET",
                 "/v2/health/ready",
                 kAnyone,
                 no_body,
                 Form::completing,
                 [&serving](const ExchangePtr& exchange) {
                   bool all = serving.ready();
                   answer(exchange, all ? 200 : 503, Ready{all});
                 },
                 {}});
  add_for_each_name(door, "GET", "", kExecutor, no_body, serving, &metadata);
  add_for_each_name(door, "GET", "/ready", kExecutor, no_body, serving, &ready);
  add_for_each_name(door, "POST", "/infer", kExecutor, kInferLimits, serving, &infer);
}

}  // namespace souk::api::oip
