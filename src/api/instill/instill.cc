// SPDX-License-Identifier: Apache-2.0
#include "api/instill/instill.h"

#include "api/error_table.h"
#include "api/instill/shapes.h"
#include "base/json.h"

namespace souk::api::instill {

net::Response rpc_status(const Error& error, const access::Call&) {
  RpcStatus status;
  status.code = static_cast<std::int64_t>(error.code);
  status.message = error.describe();
  if (!error.hint.empty()) status.message += " (" + error.hint + ")";
  net::Response response = net::Response::text(gateway_status(error.code), "application/json", json::write(status));
  add_error_headers(response, error);
  return response;
}

void add_routes(RouteTable& table, const Rooms& rooms) {
  RouteTable::Door door = table.door("instill", &rpc_status, {"/v1alpha"});
  add_definitions(door);
  add_models(door, rooms);
  add_changes(door, rooms);
  add_trigger(door, rooms);
  add_operations(door, rooms);
  add_runs(door, rooms);
}

}  // namespace souk::api::instill
