// SPDX-License-Identifier: Apache-2.0
//
// One gRPC call under way: messages in, messages out, one status. Reading belongs to the connection's thread; `send`
// and `fail` may be called from any, once; `write` and `finish` from one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "api/grpc/message.h"

namespace souk::api::grpc {

// A message to be sent.
struct Reply {
  std::string head = std::string(kPrefix, '\0');  // begins with room for the prefix
  std::vector<net::Chunk> rest;                   // follows the head
  std::size_t size() const;                       // without the prefix
};

class ServerCall : public std::enable_shared_from_this<ServerCall> {
 public:
  // Null: the request is none that gRPC can answer, and has its answer. Sets the call's deadline.
  static std::shared_ptr<ServerCall> open(const ExchangePtr& exchange, MessageReader::Limits limits);

  ServerCall(ExchangePtr exchange, Coding in, Coding out, MessageReader::Limits limits);
  const ExchangePtr& exchange() const { return exchange_; }
  const access::Call& call() const { return exchange_->call; }

  void next(MessageReader::Done done);
  // The one message of a call that has one. Errors: invalid_argument (none, or more)
  void only(std::function<void(Result<Message>)> done);

  // A header in front of the first message.
  void add_header(std::string name, std::string value);
  // One message and OK.
  void send(Reply reply);
  void fail(const Error& error);

  // `written` is called on the connection's thread when the message has been taken by the socket, or cannot be.
  void write(Reply reply, std::function<void(Status)> written);
  void finish(const Status& status);

 private:
  std::vector<net::Chunk> pack(Reply reply) const;
  std::vector<net::Header> headers();

  ExchangePtr exchange_;
  Coding out_;
  MessageReader reader_;
  std::shared_ptr<ServerCall> reading_;  // itself, while its reader waits
  MessageReader::Done next_done_;
  std::function<void(Result<Message>)> only_done_;
  std::vector<net::Header> headers_;
  bool started_ = false;
};
using ServerCallPtr = std::shared_ptr<ServerCall>;

}  // namespace souk::api::grpc
