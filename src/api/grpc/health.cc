// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "access/access.h"
#include "api/grpc/method.h"
#include "api/grpc/services.h"
#include "api/protos/grpc/health/v1/health.pb.h"

namespace souk::api::grpc {
namespace {

namespace health = ::grpc::health::v1;
using Serving = health::HealthCheckResponse;

constexpr std::chrono::milliseconds kLookEvery{500};

struct Health {
  std::function<bool()> ready;
  std::vector<std::string> services;

  Serving::ServingStatus status_of(const std::string& service) const {
    if (!service.empty() && std::ranges::find(services, service) == services.end()) return Serving::SERVICE_UNKNOWN;
    return ready() ? Serving::SERVING : Serving::NOT_SERVING;
  }
};
using HealthPtr = std::shared_ptr<const Health>;

Result<Serving> check(const Health& health, const health::HealthCheckRequest& request) {
  Serving response;
  response.set_status(health.status_of(request.service()));
  if (response.status() == Serving::SERVICE_UNKNOWN) {
    return not_found("there is no service " + access::as_shown(request.service()));
  }
  return response;
}

// Tells a client whenever the status changes, until it leaves or the server stops.
struct Watch : std::enable_shared_from_this<Watch> {
  Watch(HealthPtr health, ServerCallPtr call, std::string service)
      : health(std::move(health)), call(std::move(call)), service(std::move(service)) {}
  HealthPtr health;
  ServerCallPtr call;
  std::string service;
  std::optional<Serving::ServingStatus> told;
  bool writing = false;

  void look() {
    auto now = health->status_of(service);
    if (writing || told == now) return;
    told = now;
    writing = true;
    Serving response;
    response.set_status(now);
    call->write(detail::encode(response), [self = shared_from_this()](Status) { self->writing = false; });
  }
};

void watch(const HealthPtr& health, const ServerCallPtr& call) {
  call->only([health, call](Result<Message> message) {
    if (!message) return call->fail(message.error());
    health::HealthCheckRequest request;
    if (Status parsed = detail::parse(*message, request); !parsed) return call->fail(parsed.error());
    auto watch = std::make_shared<Watch>(health, call, request.service());
    watch->look();
    call->exchange()->stream->every(kLookEvery, [watch] { watch->look(); });
    call->exchange()->stream->on_drain([call] { call->finish(unavailable("the server is stopping")); });
  });
}

}  // namespace

void add_health(RouteTable::Door& door, std::function<bool()> ready, std::vector<std::string> services) {
  auto health = std::make_shared<const Health>(Health{std::move(ready), std::move(services)});
  const std::string service = "/grpc.health.v1.Health/";
  door.add(direct<health::HealthCheckRequest, Serving>(
      service + "Check", kAnyone,
      [health](const access::Call&, const health::HealthCheckRequest& request) { return check(*health, request); }));
  door.add(direct<health::HealthListRequest, health::HealthListResponse>(
      service + "List", kAnyone,
      [health](const access::Call&, const health::HealthListRequest&) -> Result<health::HealthListResponse> {
        health::HealthListResponse response;
        for (const std::string& name : health->services) {
          (*response.mutable_statuses())[name].set_status(health->status_of(name));
        }
        (*response.mutable_statuses())[""].set_status(health->status_of(""));
        return response;
      }));
  door.add(stream(service + "Watch", kAnyone, kSmall, {.max_bytes = kSmall.max_bytes},
                  [health](const ServerCallPtr& call) { watch(health, call); }));
}

}  // namespace souk::api::grpc
