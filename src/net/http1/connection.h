// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection on its loop. Its coroutine walks through the phases of a request; each phase is a function
// that does what can be done without waiting and answers whether it is over, having asked for whatever it waits for.
// Any event resumes the coroutine, which asks the phase again.
//
// A client whose first bytes, or ALPN, say HTTP/2 is handed over to an Http2Connection.
//
// It lives as long as its coroutine runs, and belongs to its loop's thread. Time-outs are compared on the loop's tick.
#pragma once

#include <algorithm>
#include <coroutine>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/http1/exchange.h"
#include "net/http1/parser.h"
#include "net/loop.h"
#include "net/outbox.h"
#include "net/server_core.h"

namespace souk::net {

// A coroutine that nobody awaits.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// Resumes the one coroutine that waits for it; an event before the wait is not lost.
class Event {
 public:
  bool await_ready() noexcept { return std::exchange(fired_, false); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  void await_resume() noexcept { fired_ = false; }
  bool awaited() const { return waiter_ != nullptr; }
  void fire() {
    fired_ = true;
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }

 private:
  bool fired_ = false;
  std::coroutine_handle<> waiter_;
};

class Http1Connection final : public Carrier,
                              public Ready,
                              public Loop::Member,
                              public std::enable_shared_from_this<Http1Connection> {
 public:
  Http1Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Loop> loop, Traffic& traffic, int fd, Peer peer);
  ~Http1Connection() override;
  void open() { run(); }

  void ready(Direction direction) override;
  void tick() override;
  void drain() override;
  void shut() override;

  // For its exchanges.
  Outbox& outbox() { return outbox_; }
  bool draining() const override { return core_->draining.load(std::memory_order_relaxed); }
  void count_answer(int status) override { traffic_.count_answer(status); }
  void log_fault(const char* what, const RequestHead& head) override;
  void notify() override;
  void wake() override { event_.fire(); }

 private:
  struct Kick final : Loop::Mail {
    std::shared_ptr<Http1Connection> connection;
    void deliver() override {
      auto self = std::move(connection);
      self->wake();
    }
  };

  Detached run();
  // The phases: true when over.
  bool handshaken();
  bool head_read();
  bool answered();
  bool body_settled();
  bool flushed();
  bool lingered();

  enum class Fill { more, wait, end };
  Fill fill();
  enum class Preface { absent, begun, whole };
  Preface look_for_http2(const Input& input);
  void hand_over();
  bool take_head(Input& input);
  void begin_request(Input& input, std::size_t size);
  void dispatch();
  void recycle();
  void end();
  bool flush();
  void watch_client();
  void refuse(int status, std::string_view detail);
  void break_off();
  void wait_for(RequestBody::Need need);
  void kick();  // resumes the coroutine at the loop's next turn
  void arm(Direction direction);
  void arm_again(const IoResult& result);
  // Notes until when the phase may wait; true when that has passed.
  bool expired(SteadyTime deadline);

  std::shared_ptr<ServerCore> core_;
  std::shared_ptr<Loop> loop_;
  Traffic& traffic_;
  int fd_;
  Peer peer_;
  std::unique_ptr<Descriptor> descriptor_;
  std::unique_ptr<Wire> wire_;
  Http1Parser parser_;
  Outbox outbox_;
  Http1Exchange* exchange_;  // one reference is ours
  Event event_;
  Kick kick_;

  bool armed_[2] = {false, false};
  bool first_ = true;  // nothing has shown yet that it is HTTP/1.1
  bool http2_ = false;
  bool readable_ = true;      // a read may give something
  bool input_ended_ = false;  // the client has closed its sending side
  bool closing_ = false;      // no further request
  bool lingers_ = false;      // the client may still be sending: let it see the answer before the reset
  bool broken_ = false;       // nothing more can be sent
  bool shut_down_ = false;
  bool stalled_ = false;
  std::size_t scanned_ = 0;
  int empty_lines_ = 0;
  SteadyTime phase_begin_;
  SteadyTime write_moved_;
  SteadyTime deadline_ = SteadyTime::max();
};

}  // namespace souk::net
