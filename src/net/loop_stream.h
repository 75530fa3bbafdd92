// SPDX-License-Identifier: Apache-2.0
//
// What the Streams of all transports share: who holds them, mail from other threads, and what is called when.
//
// Handlers hold it by a StreamPtr whose control block lies inside, so a request takes no memory; the connection holds
// one reference of its own and may use the stream for another request once it is alone with it. What a Stream is told
// on another thread travels as the loop's mail; everything but `gone` is then done on the loop, by the do_… functions,
// which are called only while the stream is carried.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/loop.h"
#include "net/stream.h"

namespace souk::net {

// A connection, as the streams on it see it. On its loop.
class Carrier {
 public:
  // Something has changed. `notify` from anywhere on the loop; `wake` goes on at once: only where nothing of a
  // connection is on the stack.
  virtual void notify() = 0;
  virtual void wake() = 0;
  virtual bool draining() const = 0;
  virtual void count_answer(int status) = 0;
  virtual void log_fault(const char* what, const RequestHead& head) = 0;

 protected:
  ~Carrier() = default;
};

// Where a connection comes from.
struct Peer {
  std::string address;
  bool loopback = false;
  bool secure = false;
};

class LoopStream : public Stream {
 public:
  enum class Answer { none, streaming, finished, aborted };

  const RequestHead& head() const final { return head_; }
  void limit(const BodyLimits& limits) final;
  void read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) final;
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) final;
  void send(Response response) final;
  void start(ResponseHead head) final;
  void write(Chunk chunk, std::function<void(Status)> done) final;
  void finish() final { finish({}); }
  void finish(std::vector<Header> trailers) final;
  void abort() final;
  bool gone() const final { return gone_.load(std::memory_order_acquire); }
  void on_gone(std::function<void()> f) final;
  void on_drain(std::function<void()> f) final;
  void every(std::chrono::milliseconds interval, std::function<void()> f) final;
  void post(std::function<void()> f) final;

  // The connection's side, on the loop.
  RequestHead& head_to_fill() { return head_; }
  Answer answer() const { return answer_; }
  StreamPtr handle();
  void drain();
  void mark_gone();
  bool alone() const { return references_.load(std::memory_order_acquire) == 1; }
  void reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release();

 protected:
  LoopStream(std::shared_ptr<Loop> loop, Carrier& carrier, const Peer& peer);
  ~LoopStream() override = default;

  virtual void do_limit(const BodyLimits& limits) = 0;
  virtual void do_read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) = 0;
  virtual void do_collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) = 0;
  virtual void do_send(Response response) = 0;
  virtual void do_start(const ResponseHead& head) = 0;
  virtual void do_write(Chunk chunk, std::function<void(Status)> done) = 0;
  virtual void do_finish(const std::vector<Header>& trailers) = 0;
  virtual void do_abort(const char* why) = 0;

  Carrier* carrier() const { return carrier_; }
  const std::shared_ptr<Loop>& loop() const { return loop_; }
  // For another request.
  void reset();
  // The next request's client has not left, whatever became of the last one's.
  void come_back() { gone_.store(false, std::memory_order_release); }
  // Parts from the connection: what handlers ask for from now on fails.
  void part();
  void join(Carrier& carrier) { carrier_ = &carrier; }
  void call_every(SteadyTime now);
  // The status an answer begins with; none: there is one already.
  std::optional<int> admit_answer(int status);
  // Hands on an error, or anything else, at the loop's next turn.
  template <class F>
  void later(F f);
  static Error no_longer();

  RequestHead head_;
  Answer answer_ = Answer::none;

 private:
  template <class F>
  struct Order;
  struct Sending final : Loop::Mail {
    LoopStream* stream = nullptr;
    std::optional<Response> response;
    void deliver() override;
  };
  struct HandleEnd;
  template <class T>
  struct HandleMemory;

  template <class F>
  void on_loop(F f);
  void handle_dropped() noexcept;

  std::shared_ptr<Loop> loop_;
  Carrier* carrier_;
  std::atomic<unsigned> references_{1};
  std::atomic<bool> gone_{false};
  bool told_to_answer_ = false;  // of the handler's thread
  Sending sending_;
  std::function<void()> on_gone_;
  std::function<void()> on_drain_;
  std::function<void()> every_;
  std::chrono::milliseconds interval_{0};
  SteadyTime next_call_{};
  alignas(std::max_align_t) std::byte control_block_[96];
};

// Something told on another thread, on its way to the loop; done where it stands when the loop has ended.
template <class F>
struct LoopStream::Order final : Loop::Mail {
  LoopStream* stream;
  F f;
  Order(LoopStream* stream, F f) : stream(stream), f(std::move(f)) { stream->reference(); }
  void deliver() override {
    std::unique_ptr<Order> self(this);
    f();
    Carrier* carrier = stream->carrier_;
    stream->release();  // first: the connection looks whether it holds the stream alone
    if (carrier != nullptr) carrier->wake();
  }
};

template <class F>
void LoopStream::later(F f) {
  auto* order = new Order<F>(this, std::move(f));
  if (!loop_->post(order)) order->deliver();
}

}  // namespace souk::net
