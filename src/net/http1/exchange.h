// SPDX-License-Identifier: Apache-2.0
//
// The Stream of HTTP/1.1: one request and its answer on a connection. The connection uses an exchange again once no
// handler holds it, else leaves it to its holders and takes a fresh one: the views in the head stay good as long as
// anyone can see them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http1/parser.h"
#include "net/http1/request_body.h"
#include "net/loop_stream.h"

namespace souk::net {

class Http1Connection;

class Http1Exchange final : public LoopStream {
 public:
  Http1Exchange(std::shared_ptr<Loop> loop, Http1Connection& connection, const Peer& peer);

  // The connection's side, on the loop.
  Input& input() { return input_; }
  RequestBody& body() { return body_; }
  const Http1Parser::Framing& framing() const { return framing_; }
  bool keeps_alive() const { return keep_alive_; }

  void begin(const Http1Parser::Framing& framing, SteadyTime now);
  void tick(SteadyTime now) { call_every(now); }
  void detach() { part(); }
  void attach(Http1Connection& connection);

 private:
  ~Http1Exchange() override = default;
  Http1Connection& connection() const;
  void do_limit(const BodyLimits& limits) override { body_.limit(limits); }
  void do_read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) override;
  void do_collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) override;
  bool begin_answer(int status, const std::vector<Header>& headers, std::optional<std::uint64_t> length);
  void do_send(Response response) override;
  void do_start(const ResponseHead& head) override;
  void do_write(Chunk chunk, std::function<void(Status)> done) override;
  void do_finish(const std::vector<Header>& trailers) override;
  void do_abort(const char* why) override;

  Input input_;
  RequestBody body_;
  Http1Parser::Framing framing_;
  bool keep_alive_ = true;
  bool bodiless_ = false;  // HEAD, 204, 304
  bool chunked_ = false;
  std::optional<std::uint64_t> answer_left_;
};

}  // namespace souk::net
