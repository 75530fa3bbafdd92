// SPDX-License-Identifier: Apache-2.0
#include "api/grpc/method.h"

#include <climits>

namespace souk::api::grpc {

Route stream(std::string path, Permission permission, net::BodyLimits limits, MessageReader::Limits messages,
             std::function<void(ServerCallPtr)> run) {
  return Route{"POST",
               std::move(path),
               permission,
               limits,
               Form::streaming,
               [messages, run = std::move(run)](const ExchangePtr& exchange) {
                 if (ServerCallPtr call = ServerCall::open(exchange, messages)) run(std::move(call));
               },
               {}};
}

namespace detail {

Route unary(std::string path, Permission permission, std::function<void(ServerCallPtr, Message)> run) {
  return stream(std::move(path), permission, kSmall, {.max_bytes = kSmall.max_bytes},
                [run = std::move(run)](ServerCallPtr call) {
                  auto* raw = call.get();
                  // The route, and with it `run`, outlives every call.
                  raw->only([call = std::move(call), run = &run](Result<Message> message) {
                    if (!message) return call->fail(message.error());
                    (*run)(call, std::move(*message));
                  });
                });
}

void on_pool(const ServerCallPtr& call, std::function<void()> f) {
  call->exchange()->recorder->run_on_pool(call->exchange(), std::move(f));
}

Status parse(const Message& message, google::protobuf::MessageLite& into) {
  if (message.bytes.size() <= INT_MAX &&
      into.ParseFromArray(message.bytes.data(), static_cast<int>(message.bytes.size()))) {
    return {};
  }
  return invalid_argument("the message is no " + into.GetTypeName());
}

Reply encode(const google::protobuf::MessageLite& message) {
  Reply reply;
  message.AppendToString(&reply.head);
  return reply;
}

}  // namespace detail
}  // namespace souk::api::grpc
