// SPDX-License-Identifier: Apache-2.0
//
// Routes of gRPC methods. A method is a path, "/package.Service/Method", a permission and a function; errors become
// statuses by souk's one table of codes.
//   direct:   Result<Res>(const access::Call&, const Req&) on the connection's thread; must not block
//   blocking: the same on the pool `requests`
//   later:    void(const access::Call&, const Req&, std::function<void(Result<Res>)> done) on that pool
//   stream:   void(ServerCallPtr) on the connection's thread; reads and writes by itself
#pragma once

#include <google/protobuf/message_lite.h>

#include <functional>
#include <string>
#include <utility>

#include "api/grpc/call.h"
#include "api/route.h"

namespace souk::api::grpc {

// Small messages, half a minute between two pieces.
inline constexpr net::BodyLimits kSmall{.max_bytes = 1 << 20};

// A path, for RouteTable::Door::add.
Route stream(std::string path, Permission permission, net::BodyLimits limits, MessageReader::Limits messages,
             std::function<void(ServerCallPtr)> run);

namespace detail {
Route unary(std::string path, Permission permission, std::function<void(ServerCallPtr, Message)> run);
void on_pool(const ServerCallPtr& call, std::function<void()> f);
Status parse(const Message& message, google::protobuf::MessageLite& into);
Reply encode(const google::protobuf::MessageLite& message);
}  // namespace detail

template <class Req, class Res, class F>
Route later(std::string path, Permission permission, F f) {
  return detail::unary(std::move(path), permission, [f = std::move(f)](ServerCallPtr call, Message message) {
    auto request = std::make_shared<Req>();
    if (Status parsed = detail::parse(message, *request); !parsed) return call->fail(parsed.error());
    detail::on_pool(call, [call, request, f] {
      f(call->call(), *request, [call](Result<Res> result) {
        if (!result) return call->fail(result.error());
        call->send(detail::encode(*result));
      });
    });
  });
}

template <class Req, class Res, class F>
Route blocking(std::string path, Permission permission, F f) {
  return later<Req, Res>(
      std::move(path), permission,
      [f = std::move(f)](const access::Call& call, const Req& request, const auto& done) { done(f(call, request)); });
}

template <class Req, class Res, class F>
Route direct(std::string path, Permission permission, F f) {
  return detail::unary(std::move(path), permission, [f = std::move(f)](ServerCallPtr call, Message message) {
    Req request;
    if (Status parsed = detail::parse(message, request); !parsed) return call->fail(parsed.error());
    Result<Res> result = f(call->call(), request);
    if (!result) return call->fail(result.error());
    call->send(detail::encode(*result));
  });
}

}  // namespace souk::api::grpc
