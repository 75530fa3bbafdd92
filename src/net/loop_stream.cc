// SPDX-License-Identifier: Apache-2.0
#include "net/loop_stream.h"

namespace souk::net {

template <class F>
void LoopStream::on_loop(F f) {
  if (!loop_->current()) return later(std::move(f));
  f();
  if (carrier_ != nullptr) carrier_->notify();
}

void LoopStream::Sending::deliver() {
  LoopStream* self = stream;
  if (self->carrier_ != nullptr) self->do_send(std::move(*response));
  response.reset();
  Carrier* carrier = self->carrier_;
  self->release();
  if (carrier != nullptr) carrier->wake();
}

struct LoopStream::HandleEnd {
  void operator()(LoopStream* stream) const noexcept { stream->handle_dropped(); }
};

// Lays a StreamPtr's control block into its stream; taking it away is the last thing the last holder does.
template <class T>
struct LoopStream::HandleMemory {
  using value_type = T;
  LoopStream* stream;
  explicit HandleMemory(LoopStream* stream) : stream(stream) {}
  template <class U>
  HandleMemory(const HandleMemory<U>& other) : stream(other.stream) {}
  T* allocate(std::size_t n) {
    static_assert(sizeof(T) <= sizeof control_block_ && alignof(T) <= alignof(std::max_align_t));
    if (n != 1) throw std::bad_alloc();
    return reinterpret_cast<T*>(stream->control_block_);
  }
  void deallocate(T*, std::size_t) noexcept { stream->release(); }
  template <class U>
  bool operator==(const HandleMemory<U>& other) const {
    return stream == other.stream;
  }
};

LoopStream::LoopStream(std::shared_ptr<Loop> loop, Carrier& carrier, const Peer& peer)
    : loop_(std::move(loop)), carrier_(&carrier) {
  head_.peer = peer.address;
  head_.peer_is_loopback = peer.loopback;
  head_.secure = peer.secure;
  head_.headers.reserve(16);
  sending_.stream = this;
}

StreamPtr LoopStream::handle() {
  reference();
  return StreamPtr(this, HandleEnd{}, HandleMemory<LoopStream>(this));
}

void LoopStream::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void LoopStream::handle_dropped() noexcept {
  if (told_to_answer_) return;
  later([this] {
    if (carrier_ == nullptr) return;
    if (answer_ == Answer::streaming) {
      do_abort("its handler left the answer unfinished");
    } else if (answer_ == Answer::none) {
      carrier_->log_fault("a request was dropped without an answer", head_);
      do_send(
          Response::text(500, "application/problem+json",
                         R"({"type":"about:blank","title":"Internal Server Error","status":500,"code":"INTERNAL"})"));
    }
  });
}

void LoopStream::reset() {
  answer_ = Answer::none;
  told_to_answer_ = false;
}

void LoopStream::part() {
  carrier_ = nullptr;
  on_gone_ = on_drain_ = every_ = nullptr;
}

void LoopStream::mark_gone() {
  if (gone_.exchange(true, std::memory_order_acq_rel)) return;
  if (auto f = std::exchange(on_gone_, nullptr)) f();
}

void LoopStream::call_every(SteadyTime now) {
  if (!every_ || now < next_call_ || answer_ == Answer::finished) return;
  next_call_ = now + interval_;
  auto f = every_;  // it may put another in its place
  f();
}

void LoopStream::drain() {
  if (auto f = std::exchange(on_drain_, nullptr)) f();
}

std::optional<int> LoopStream::admit_answer(int status) {
  if (answer_ != Answer::none) {
    carrier_->log_fault("an answer was begun twice; the second is dropped", head_);
    return std::nullopt;
  }
  if (status >= 200 && status <= 599) return status;
  carrier_->log_fault("a handler answered with a status that is none; 500 is sent", head_);
  return 500;
}

Error LoopStream::no_longer() {
  return cancelled("the connection of this stream has ended or gone on");
}

void LoopStream::limit(const BodyLimits& limits) {
  on_loop([this, limits] {
    if (carrier_ != nullptr) do_limit(limits);
  });
}

void LoopStream::read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) {
  on_loop([this, into, done = std::move(done)]() mutable {
    if (carrier_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
    do_read(into, std::move(done));
  });
}

void LoopStream::collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) {
  on_loop([this, done = std::move(done)]() mutable {
    if (carrier_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
    do_collect(std::move(done));
  });
}

void LoopStream::send(Response response) {
  if (std::exchange(told_to_answer_, true)) {
    return later([this] {
      if (carrier_ != nullptr) carrier_->log_fault("a request was answered twice; the second answer is dropped", head_);
    });
  }
  if (loop_->current()) {
    if (carrier_ == nullptr) return;
    do_send(std::move(response));
    carrier_->notify();
    return;
  }
  sending_.response.emplace(std::move(response));
  reference();
  if (!loop_->post(&sending_)) sending_.deliver();
}

void LoopStream::start(ResponseHead head) {
  on_loop([this, head = std::move(head)] {
    if (carrier_ != nullptr) do_start(head);
  });
}

void LoopStream::write(Chunk chunk, std::function<void(Status)> done) {
  on_loop([this, chunk = std::move(chunk), done = std::move(done)]() mutable {
    if (carrier_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
    if (answer_ != Answer::streaming) {
      return later([done = std::move(done)] { done(failed_precondition("write needs an answer begun by start")); });
    }
    do_write(std::move(chunk), std::move(done));
  });
}

void LoopStream::finish(std::vector<Header> trailers) {
  told_to_answer_ = true;
  on_loop([this, trailers = std::move(trailers)] {
    if (carrier_ != nullptr && answer_ == Answer::streaming) do_finish(trailers);
  });
}

void LoopStream::abort() {
  told_to_answer_ = true;
  on_loop([this] {
    if (carrier_ != nullptr) do_abort(nullptr);
  });
}

void LoopStream::on_gone(std::function<void()> f) {
  on_loop([this, f = std::move(f)]() mutable {
    if (gone()) return later(std::move(f));
    if (carrier_ != nullptr) on_gone_ = std::move(f);
  });
}

void LoopStream::on_drain(std::function<void()> f) {
  on_loop([this, f = std::move(f)]() mutable {
    if (carrier_ == nullptr) return;
    if (carrier_->draining()) return later(std::move(f));
    on_drain_ = std::move(f);
  });
}

void LoopStream::every(std::chrono::milliseconds interval, std::function<void()> f) {
  on_loop([this, interval, f = std::move(f)]() mutable {
    if (carrier_ == nullptr) return;
    every_ = std::move(f);
    interval_ = interval;
    next_call_ = loop_->now() + interval;
  });
}

void LoopStream::post(std::function<void()> f) {
  later(std::move(f));
}

}  // namespace souk::net
