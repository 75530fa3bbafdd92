// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())
}  // namespace

void add_server(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<Nothing, ServerInfo>("GET", "/api/v1/server", kKnown, kUsual, {"get_server", "What this server is"},
                                      [&rooms](const access::Call&, const Nothing&) -> Result<ServerInfo> {
                                        ServerInfo info;
                                        info.version = rooms.facts.version;
                                        info.dev = rooms.facts.dev;
                                        info.node = rooms.facts.node;
                                        info.start_time = rooms.facts.start_time;
                                        info.database = rooms.facts.database;
                                        info.blobs = rooms.artifacts.blobs().kind();
                                        info.storage_bytes = SOUK_TRY(rooms.artifacts.blobs().stored_bytes());
                                        return info;
                                      }));
  door.add(plain<Nothing, Caller>(
      "GET", "/api/v1/whoami", kKnown, kUsual, {"get_whoami", "Who the caller is"},
      [](const access::Call& call, const Nothing&) -> Result<Caller> {
        const access::Principal& principal = *call.principal;
        return Caller{principal.name, principal.kind, principal.scope.role(), principal.default_namespace};
      }));
}

}  // namespace souk::api::native
