// SPDX-License-Identifier: Apache-2.0
//
// The route table: one line a route — method, path, permission, limits, function. /openapi.json comes from it.
//
// Patterns: "/api/v1/models/{model}", a custom verb "/…/{version}:seal", the rest of a path "/…/files/{path...}".
// A literal beats a name, a name beats a rest. HEAD falls back to GET.
//
// Forms of handler, all thin adapters of net::Handler:
// - plain: Result<Res> f(call, request); the body is collected, f runs on the bounded pool `requests` and may block.
// - lookup: as plain, for reads of a few rows by key: on an embedded database, where these take microseconds and never
//   wait for a write, f runs on the connection's thread.
// - later: f(call, request, done); as plain, but answers when done is called, from any thread.
// - completing: f(exchange); on the connection's thread with the whole body; must not block.
// - raw: f(exchange); on the bounded pool `streams`; reads and writes the stream itself, blocking.
// - streaming: f(exchange); on the connection's thread, as soon as the head is there; reads and writes the stream
// itself
//   by callbacks; must not block (gRPC: api/grpc/method.h).
// api/bind.h makes the first three from described structs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"
#include "api/permission.h"
#include "base/json_schema.h"
#include "net/stream.h"

namespace souk::api {

// How a protocol says that something failed.
using ErrorShape = net::Response (*)(const Error& error, const access::Call& call);

enum class Form { plain, lookup, completing, raw, streaming };

// What OpenAPI says of a route; empty for those that have a contract elsewhere.
struct RouteDoc {
  std::string summary;
  std::string operation_id;
  std::string tag;
  struct Parameter {
    std::string name;
    std::string in;  // path, query, header
    bool required = false;
    std::string schema;  // JSON
    std::string description;
  };
  std::vector<Parameter> parameters;
  std::string request_schema;  // JSON; empty: no body
  std::string request_type = "application/json";
  std::string response_schema;  // JSON; empty: no body
  std::string response_type = "application/json";
  int status = 200;
};

struct Route {
  std::string method;
  std::string pattern;
  Permission permission;
  net::BodyLimits limits;
  Form form;
  std::function<void(const ExchangePtr&)> run;
  RouteDoc doc;
  json::UnknownFields unknown = json::UnknownFields::refuse;  // of the query and of a JSON body
  ErrorShape error = nullptr;                                 // set by RouteTable::add
  std::string door;                                           // set by RouteTable::add: label of metrics, OpenAPI
  std::vector<std::string> names;                             // of the path's values; set by RouteTable::add
  std::size_t index = 0;                                      // place in routes(); set by RouteTable::add
  // Fills doc's parameters and schemas, when the document is made.
  void (*describe)(json::Schemas&, const std::vector<std::string>& names, RouteDoc&) = nullptr;
};

// The web page's route for every other path. A path under a door's prefix never falls to it.
inline constexpr std::string_view kCatchAll = "/{path...}";

// The limits that most routes have: 1 MiB of body, 30 s between two pieces.
inline constexpr net::BodyLimits kUsual{};

class RouteTable {
 public:
  RouteTable();
  ~RouteTable();

  // A protocol. Paths under `prefixes` that match no route are answered in its error shape.
  struct Door {
    RouteTable& table;
    std::string name;
    ErrorShape error;
    void add(Route route);
  };
  Door door(std::string name, ErrorShape error, std::vector<std::string> prefixes);

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> path;
    std::string allow;           // when only the method is wrong: those that are right
    ErrorShape error = nullptr;  // when nothing matches
  };
  // Errors: invalid_argument (encoding of the path)
  Result<Match> match(std::string_view method, std::string_view path) const;

  // In the order they were added.
  const std::vector<std::unique_ptr<Route>>& routes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Every route as JSON, {"routes":[{method, pattern, door, needs}]}: what tests of access go through.
std::string routes_document(const RouteTable& table);
// The OpenAPI 3.1 document of the table's documented routes. Reproducible.
std::string openapi_document(const RouteTable& table, std::string_view version);

}  // namespace souk::api
