// SPDX-License-Identifier: Apache-2.0
//
// The Stream of HTTP/1.1: one request and its answer on a connection.
//
// Handlers hold it by a StreamPtr whose control block lies inside the exchange, so a request takes no memory. The
// connection uses an exchange again once no handler holds it, else leaves it to its holders and takes a fresh one:
// the views in the head stay good as long as anyone can see them. What a Stream is told on another thread travels as
// the loop's mail; everything but `gone` is then done on the loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http1_parser.h"
#include "net/loop.h"
#include "net/request_body.h"
#include "net/stream.h"

namespace souk::net {

class Http1Connection;

class Http1Exchange final : public Stream {
 public:
  struct Peer {
    std::string address;
    bool loopback = false;
    bool secure = false;
  };
  enum class Answer { none, streaming, finished, aborted };

  Http1Exchange(std::shared_ptr<Loop> loop, Http1Connection& connection, const Peer& peer);

  const RequestHead& head() const override { return head_; }
  void limit(const BodyLimits& limits) override;
  void read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) override;
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) override;
  void send(Response response) override;
  void start(ResponseHead head) override;
  void write(Chunk chunk, std::function<void(Status)> done) override;
  void finish() override;
  void abort() override;
  bool gone() const override { return gone_.load(std::memory_order_acquire); }
  void on_gone(std::function<void()> f) override;
  void on_drain(std::function<void()> f) override;
  void every(std::chrono::milliseconds interval, std::function<void()> f) override;
  void post(std::function<void()> f) override;

  // The connection's side, on the loop.
  Input& input() { return input_; }
  RequestHead& head_to_fill() { return head_; }
  RequestBody& body() { return body_; }
  const Http1Parser::Framing& framing() const { return framing_; }
  Answer answer() const { return answer_; }
  bool keeps_alive() const { return keep_alive_; }

  void begin(const Http1Parser::Framing& framing, SteadyTime now);
  StreamPtr handle();
  void tick(SteadyTime now);
  void drain();
  void mark_gone();
  // Parts from the connection: what handlers ask for from now on fails.
  void detach();
  void attach(Http1Connection& connection) { connection_ = &connection; }
  bool alone() const { return references_.load(std::memory_order_acquire) == 1; }
  void reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release();

 private:
  template <class F>
  struct Order;
  struct Sending final : Loop::Mail {
    Http1Exchange* exchange = nullptr;
    std::optional<Response> response;
    void deliver() override;
  };
  struct HandleEnd;
  template <class T>
  struct HandleMemory;

  ~Http1Exchange() override = default;
  template <class F>
  void on_loop(F f);
  template <class F>
  void later(F f);
  void handle_dropped() noexcept;
  bool begin_answer(int status, const std::vector<Header>& headers, std::optional<std::uint64_t> length);
  void do_send(Response response);
  void do_start(const ResponseHead& head);
  void do_write(Chunk chunk, std::function<void(Status)> done);
  void do_finish();
  void do_abort(const char* why);

  std::shared_ptr<Loop> loop_;
  Http1Connection* connection_;
  std::atomic<unsigned> references_{1};
  std::atomic<bool> gone_{false};
  bool told_to_answer_ = false;  // of the handler's thread

  RequestHead head_;
  Input input_;
  RequestBody body_;
  Http1Parser::Framing framing_;
  Answer answer_ = Answer::none;
  bool keep_alive_ = true;
  bool bodiless_ = false;  // HEAD, 204, 304
  bool chunked_ = false;
  std::optional<std::uint64_t> answer_left_;
  Sending sending_;
  std::function<void()> on_gone_;
  std::function<void()> on_drain_;
  std::function<void()> every_;
  std::chrono::milliseconds interval_{0};
  SteadyTime next_call_{};
  alignas(std::max_align_t) std::byte control_block_[96];
};

}  // namespace souk::net
