// SPDX-License-Identifier: Apache-2.0
//
// The Stream of HTTP/2: one request and its answer. Its connection uses it for another request once its stream is
// closed and no handler holds it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http2/body.h"
#include "net/http2/session.h"
#include "net/loop_stream.h"
#include "net/status.h"

namespace souk::net {

class Http2Connection;

class Http2Exchange final : public LoopStream {
 public:
  Http2Exchange(std::shared_ptr<Loop> loop, Http2Connection& connection, const Peer& peer);

  // The connection's side, on the loop.
  Http2Exchange* previous = nullptr;  // among those whose stream is open
  Http2Exchange* next = nullptr;

  void begin(Http2Connection& connection, std::int32_t id, std::size_t max_head, SteadyTime now);
  std::int32_t id() const { return id_; }
  void field(std::string_view name, std::string_view value);
  // The head is whole. What is to be refused, if anything.
  std::optional<Refusal> head_ended(bool has_body, SteadyTime now);
  Http2Body& body() { return body_; }

  Http2Session::Due due(std::size_t most);
  void put(std::size_t bytes, Outbox& into, SteadyTime now);
  void tick(SteadyTime now);
  void refuse(const Refusal& refusal);
  bool is_open() const { return carrier() != nullptr; }
  // The client sends nothing more.
  void lose_client();
  // The stream is closed: what handlers ask for from now on fails.
  void close();

 private:
  ~Http2Exchange() override = default;
  // A piece of the answer that has not gone yet.
  struct Piece {
    Chunk chunk;
    std::size_t taken = 0;
    std::function<void(Status)> done;
  };
  struct FieldAt {
    std::uint32_t name, name_size, value, value_size;
  };

  Http2Connection& connection() const;
  void do_limit(const BodyLimits& limits) override { body_.limit(limits); }
  void do_read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) override;
  void do_collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) override;
  bool begin_answer(int status, const std::vector<Header>& headers, std::optional<std::uint64_t> length, bool empty);
  void do_send(Response response) override;
  void do_start(const ResponseHead& head) override;
  void do_write(Chunk chunk, std::function<void(Status)> done) override;
  void do_finish(const std::vector<Header>& trailers) override;
  void do_abort(const char* why) override;
  void queue(Chunk chunk, std::function<void(Status)> done);
  void resume();
  void name_parts();
  std::string_view text(std::uint32_t at, std::uint32_t size) const { return {text_.data() + at, size}; }
  std::optional<Refusal> check_head() const;

  std::int32_t id_ = 0;
  std::size_t max_head_ = 0;
  std::size_t head_size_ = 0;  // as RFC 9113 counts it: names, values, and 32 for each
  std::string text_;           // the head's fields
  std::vector<FieldAt> fields_;
  std::string cookies_;
  Http2Body body_;

  bool bodiless_ = false;  // HEAD, 204, 304
  bool waits_ = false;     // its session waits to be told that something is due
  std::optional<std::uint64_t> answer_left_;
  std::vector<Piece> pieces_;
  std::size_t first_piece_ = 0;
  std::size_t queued_ = 0;
  std::vector<Header> trailers_;
  SteadyTime sent_at_{};
};

}  // namespace souk::net
