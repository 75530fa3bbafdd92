// SPDX-License-Identifier: Apache-2.0
#include "api/ops/ops.h"

#include <algorithm>
#include <charconv>

#include "api/error_table.h"
#include "net/fields.h"

namespace souk::api::ops {
namespace {

Route route(std::string pattern, Form form, std::function<void(const ExchangePtr&)> run) {
  return Route{"GET", std::move(pattern), kAnyone, {.max_bytes = 0}, form, std::move(run), {}};
}

void text(const ExchangePtr& exchange, int status, std::string body) {
  exchange->send(net::Response::text(status, "text/plain; charset=utf-8", std::move(body)));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// What stands in front of `mark`, which is taken off with it.
std::string_view next_part(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return trimmed(part);
}

// How much a caller wants a media type, 0 to 1, where its Accept names the type itself (RFC 9110, 12.5.1).
double wanted(std::string_view accept, std::string_view type) {
  double most = 0;
  while (!accept.empty()) {
    std::string_view one = next_part(accept, ',');
    if (!net::same_name(next_part(one, ';'), type)) continue;
    double weight = 1;
    while (!one.empty()) {
      const std::string_view parameter = next_part(one, ';');
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
      weight = 0;
      std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
    }
    most = std::max(most, weight);
  }
  return most;
}

constexpr std::string_view kOpenMetrics = "application/openmetrics-text";

void send_metrics(Metrics& metrics, const ExchangePtr& exchange) {
  const std::string_view accept = exchange->head().header("Accept");
  const double open = wanted(accept, kOpenMetrics);
  const bool as_open = open > 0 && open >= wanted(accept, "text/plain");
  net::Response response =
      net::Response::text(200,
                          as_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain; version=0.0.4; charset=utf-8",
                          metrics.render(as_open ? Exposition::openmetrics : Exposition::prometheus));
  exchange->send(std::move(response.add("Vary", "Accept")));
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
  Route metrics = route("/metrics", Form::completing,
                        [&rooms](const ExchangePtr& exchange) { send_metrics(rooms.metrics, exchange); });
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
