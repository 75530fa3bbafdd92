// SPDX-License-Identifier: Apache-2.0
#include "net/http1_exchange.h"

#include <utility>

#include "net/http1_connection.h"
#include "net/http1_writer.h"

namespace souk::net {
namespace {

Error no_longer() {
  return cancelled("the connection of this stream has ended or gone on");
}

}  // namespace

// Something told on another thread, on its way to the loop; done where it stands when the loop has ended.
template <class F>
struct Http1Exchange::Order final : Loop::Mail {
  Http1Exchange* exchange;
  F f;
  Order(Http1Exchange* exchange, F f) : exchange(exchange), f(std::move(f)) { exchange->reference(); }
  void deliver() override {
    std::unique_ptr<Order> self(this);
    f();
    Http1Connection* connection = exchange->connection_;
    exchange->release();  // first: the connection looks whether it holds the exchange alone
    if (connection != nullptr) connection->wake();
  }
};

template <class F>
void Http1Exchange::later(F f) {
  auto* order = new Order<F>(this, std::move(f));
  if (!loop_->post(order)) order->deliver();
}

template <class F>
void Http1Exchange::on_loop(F f) {
  if (!loop_->current()) return later(std::move(f));
  f();
  if (connection_ != nullptr) connection_->notify();
}

void Http1Exchange::Sending::deliver() {
  Http1Exchange* self = exchange;
  self->do_send(std::move(*response));
  response.reset();
  Http1Connection* connection = self->connection_;
  self->release();
  if (connection != nullptr) connection->wake();
}

struct Http1Exchange::HandleEnd {
  void operator()(Http1Exchange* exchange) const noexcept { exchange->handle_dropped(); }
};

// Lays a StreamPtr's control block into its exchange; taking it away is the last thing the last holder does.
template <class T>
struct Http1Exchange::HandleMemory {
  using value_type = T;
  Http1Exchange* exchange;
  explicit HandleMemory(Http1Exchange* exchange) : exchange(exchange) {}
  template <class U>
  HandleMemory(const HandleMemory<U>& other) : exchange(other.exchange) {}
  T* allocate(std::size_t n) {
    static_assert(sizeof(T) <= sizeof control_block_ && alignof(T) <= alignof(std::max_align_t));
    if (n != 1) throw std::bad_alloc();
    return reinterpret_cast<T*>(exchange->control_block_);
  }
  void deallocate(T*, std::size_t) noexcept { exchange->release(); }
  template <class U>
  bool operator==(const HandleMemory<U>& other) const {
    return exchange == other.exchange;
  }
};

Http1Exchange::Http1Exchange(std::shared_ptr<Loop> loop, Http1Connection& connection, const Peer& peer)
    : loop_(std::move(loop)), connection_(&connection) {
  head_.peer = peer.address;
  head_.peer_is_loopback = peer.loopback;
  head_.secure = peer.secure;
  head_.headers.reserve(16);
  sending_.exchange = this;
}

void Http1Exchange::begin(const Http1Parser::Framing& framing, SteadyTime now) {
  framing_ = framing;
  body_.begin(head_.content_length, framing, now);
  answer_ = Answer::none;
  keep_alive_ = framing.keep_alive;
  told_to_answer_ = false;
  chunked_ = false;
  answer_left_.reset();
}

StreamPtr Http1Exchange::handle() {
  reference();
  return StreamPtr(this, HandleEnd{}, HandleMemory<Http1Exchange>(this));
}

void Http1Exchange::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void Http1Exchange::handle_dropped() noexcept {
  if (told_to_answer_) return;
  later([this] {
    if (connection_ == nullptr) return;
    if (answer_ == Answer::streaming) {
      do_abort("its handler left the answer unfinished");
    } else if (answer_ == Answer::none) {
      connection_->log_fault("a request was dropped without an answer", head_);
      do_send(
          Response::text(500, "application/problem+json",
                         R"({"type":"about:blank","title":"Internal Server Error","status":500,"code":"INTERNAL"})"));
    }
  });
}

void Http1Exchange::detach() {
  connection_ = nullptr;
  on_gone_ = on_drain_ = every_ = nullptr;
}

void Http1Exchange::mark_gone() {
  if (gone_.exchange(true, std::memory_order_acq_rel)) return;
  if (auto f = std::exchange(on_gone_, nullptr)) f();
}

void Http1Exchange::tick(SteadyTime now) {
  if (!every_ || now < next_call_ || answer_ == Answer::finished) return;
  next_call_ = now + interval_;
  auto f = every_;  // it may put another in its place
  f();
}

void Http1Exchange::drain() {
  if (auto f = std::exchange(on_drain_, nullptr)) f();
}

void Http1Exchange::limit(const BodyLimits& limits) {
  on_loop([this, limits] { body_.limit(limits); });
}

void Http1Exchange::read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) {
  on_loop([this, into, done = std::move(done)]() mutable {
    if (connection_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
    if (body_.wanted() || into.empty()) {
      return later([done = std::move(done)] { done(failed_precondition("the body is being read, or into no room")); });
    }
    body_.read(into, std::move(done), loop_->now());
  });
}

void Http1Exchange::collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) {
  on_loop([this, done = std::move(done)]() mutable {
    if (connection_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
    if (body_.wanted()) {
      return later([done = std::move(done)] { done(failed_precondition("the body is being read already")); });
    }
    body_.collect(std::move(done), loop_->now());
  });
}

void Http1Exchange::send(Response response) {
  if (std::exchange(told_to_answer_, true)) {
    return later([this] {
      if (connection_ != nullptr)
        connection_->log_fault("a request was answered twice; the second answer is dropped", head_);
    });
  }
  if (loop_->current()) {
    do_send(std::move(response));
    if (connection_ != nullptr) connection_->notify();
    return;
  }
  sending_.response.emplace(std::move(response));
  reference();
  if (!loop_->post(&sending_)) sending_.deliver();
}

void Http1Exchange::start(ResponseHead head) {
  on_loop([this, head = std::move(head)] { do_start(head); });
}

void Http1Exchange::write(Chunk chunk, std::function<void(Status)> done) {
  on_loop([this, chunk = std::move(chunk), done = std::move(done)]() mutable {
    do_write(std::move(chunk), std::move(done));
  });
}

void Http1Exchange::finish() {
  told_to_answer_ = true;
  on_loop([this] { do_finish(); });
}

void Http1Exchange::abort() {
  told_to_answer_ = true;
  on_loop([this] { do_abort(nullptr); });
}

void Http1Exchange::on_gone(std::function<void()> f) {
  on_loop([this, f = std::move(f)]() mutable {
    if (gone()) return later(std::move(f));
    if (connection_ != nullptr) on_gone_ = std::move(f);
  });
}

void Http1Exchange::on_drain(std::function<void()> f) {
  on_loop([this, f = std::move(f)]() mutable {
    if (connection_ == nullptr) return;
    if (connection_->draining()) return later(std::move(f));
    on_drain_ = std::move(f);
  });
}

void Http1Exchange::every(std::chrono::milliseconds interval, std::function<void()> f) {
  on_loop([this, interval, f = std::move(f)]() mutable {
    if (connection_ == nullptr) return;
    every_ = std::move(f);
    interval_ = interval;
    next_call_ = loop_->now() + interval;
  });
}

void Http1Exchange::post(std::function<void()> f) {
  later(std::move(f));
}

bool Http1Exchange::begin_answer(int status, const std::vector<Header>& headers, std::optional<std::uint64_t> length) {
  if (connection_ == nullptr) return false;
  if (answer_ != Answer::none) {
    connection_->log_fault("an answer was begun twice; the second is dropped", head_);
    return false;
  }
  if (status < 200 || status > 599) {
    connection_->log_fault("a handler answered with a status that is none; 500 is sent", head_);
    status = 500;
  }
  bodiless_ = head_.method == "HEAD" || forbids_body(status);
  chunked_ = !length && framing_.http11;
  bool ends_by_close = !length && !chunked_ && !bodiless_;
  keep_alive_ = framing_.keep_alive && !ends_by_close && body_.settles() && !connection_->draining();
  AnswerFraming framing{.keep_alive = keep_alive_,
                        .http11 = framing_.http11,
                        .head_request = head_.method == "HEAD",
                        .chunked = chunked_,
                        .content_length = length};
  WrittenHead written = write_head(connection_->outbox().text(), status, headers, framing, loop_->date());
  if (written.malformed) connection_->log_fault("an answer had a malformed header field", head_);
  if (written.closes) keep_alive_ = false;
  connection_->count_answer(status);
  return true;
}

void Http1Exchange::do_send(Response response) {
  std::uint64_t total = 0;
  for (const Chunk& chunk : response.body) total += chunk.data().size();
  if (!begin_answer(response.status, response.headers, total)) return;
  if (!bodiless_) {
    for (Chunk& chunk : response.body) connection_->outbox().append(std::move(chunk));
  }
  answer_ = Answer::finished;
}

void Http1Exchange::do_start(const ResponseHead& head) {
  if (!begin_answer(head.status, head.headers, head.content_length)) return;
  answer_ = Answer::streaming;
  answer_left_ = head.content_length;
}

void Http1Exchange::do_write(Chunk chunk, std::function<void(Status)> done) {
  if (connection_ == nullptr) return later([done = std::move(done)] { done(no_longer()); });
  if (answer_ != Answer::streaming) {
    return later([done = std::move(done)] { done(failed_precondition("write needs an answer begun by start")); });
  }
  Outbox& outbox = connection_->outbox();
  std::uint64_t size = chunk.data().size();
  if (answer_left_ && !bodiless_) {
    if (size > *answer_left_) {
      later([done = std::move(done)] { done(out_of_range("the answer is longer than its Content-Length")); });
      return do_abort("its handler wrote more than its Content-Length");
    }
    *answer_left_ -= size;
  }
  if (!bodiless_ && size > 0) {
    if (chunked_) write_chunk_frame(outbox.text(), size);
    outbox.append(std::move(chunk));
    if (chunked_) outbox.text() += "\r\n";
  }
  outbox.mark(std::move(done));
}

void Http1Exchange::do_finish() {
  if (connection_ == nullptr || answer_ != Answer::streaming) return;
  if (!bodiless_ && answer_left_.value_or(0) > 0) return do_abort("its handler wrote less than its Content-Length");
  if (!bodiless_ && chunked_) connection_->outbox().text() += "0\r\n\r\n";
  answer_ = Answer::finished;
}

void Http1Exchange::do_abort(const char* why) {
  if (connection_ == nullptr) return;
  if (why != nullptr) connection_->log_fault(why, head_);
  answer_ = Answer::aborted;
}

}  // namespace souk::net
