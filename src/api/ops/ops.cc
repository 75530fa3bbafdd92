// SPDX-License-Identifier: Apache-2.0
#include "api/ops/ops.h"

#include "api/error_table.h"

namespace souk::api::ops {
namespace {

Route route(std::string pattern, Form form, std::function<void(const ExchangePtr&)> run) {
  return Route{"GET", std::move(pattern), kAnyone, {.max_bytes = 0}, form, std::move(run), {}};
}

void text(const ExchangePtr& exchange, int status, std::string body) {
  exchange->send(net::Response::text(status, "text/plain; charset=utf-8", std::move(body)));
}

}  // namespace

void add_routes(RouteTable& table, const Rooms& rooms) {
  RouteTable::Door door = table.door("ops", &problem, {});
  door.add(route("/healthz", Form::completing, [](const ExchangePtr& exchange) { text(exchange, 200, "ok\n"); }));
  door.add(route("/readyz", Form::completing, [&rooms](const ExchangePtr& exchange) {
    Status ready = rooms.ready();
    if (!ready) return exchange->fail(ready.error());
    text(exchange, 200, "ready\n");
  }));
  Route metrics = route("/metrics", Form::completing, [&rooms](const ExchangePtr& exchange) {
    exchange->send(net::Response::text(200, "text/plain; version=0.0.4; charset=utf-8", rooms.metrics.render()));
  });
  metrics.permission = kReader;
  door.add(std::move(metrics));
  Route routes = route("/routes.json", Form::plain, [&table](const ExchangePtr& exchange) {
    exchange->send(net::Response::text(200, "application/json", routes_document(table)));
  });
  routes.permission = kKnown;
  door.add(std::move(routes));
  auto document = std::make_shared<const std::string>(openapi_document(table, rooms.version));
  door.add(route("/openapi.json", Form::completing, [document](const ExchangePtr& exchange) {
    net::Response response = net::Response::text(200, "application/json", "");
    response.body.assign(1, net::Chunk(std::as_bytes(std::span(*document)), document));
    exchange->send(std::move(response));
  }));
}

}  // namespace souk::api::ops
