// SPDX-License-Identifier: Apache-2.0
#include "net/http1/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <exception>

#include "net/http1/writer.h"

namespace souk::net {
namespace {

constexpr std::size_t kPipelinedAnswers = 64 << 10;  // waiting to be taken before another request is begun
constexpr std::size_t kReadRoom = 4 << 10;
constexpr std::chrono::seconds kLinger{2};
constexpr int kEmptyLines = 4;

}  // namespace

Http1Connection::Http1Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Loop> loop, Traffic& traffic, int fd,
                                 Peer peer)
    : core_(std::move(core)),
      loop_(std::move(loop)),
      traffic_(traffic),
      fd_(fd),
      peer_(std::move(peer)),
      descriptor_(loop_->adopt(fd)),
      wire_(core_->tls ? core_->tls->make_wire(fd) : make_plain_wire(fd)),
      exchange_(new Http1Exchange(loop_, *this, peer_)) {
  loop_->add(*this);
  phase_begin_ = loop_->now();
  Traffic::add(traffic_.accepted);
}

Http1Connection::~Http1Connection() {
  exchange_->release();
}

Detached Http1Connection::run() {
  auto self = shared_from_this();
  while (!handshaken()) co_await event_;
  while (!closing_) {
    while (!head_read()) co_await event_;
    if (http2_) {
      hand_over();
      co_return;
    }
    if (closing_) break;
    dispatch();
    while (!answered()) co_await event_;
    while (!body_settled()) co_await event_;
    recycle();
  }
  while (!flushed()) co_await event_;
  while (!lingered()) co_await event_;
  end();
}

bool Http1Connection::handshaken() {
  if (broken_) return true;
  IoResult result = wire_->handshake();
  if (result.moved()) {
    phase_begin_ = loop_->now();
    return true;
  }
  if (!result.again() || expired(phase_begin_ + core_->settings.head_timeout)) {
    break_off();
    return true;
  }
  arm_again(result);
  return false;
}

bool Http1Connection::head_read() {
  Input& input = exchange_->input();
  deadline_ = SteadyTime::max();
  for (;;) {
    if (closing_) return true;
    if (outbox_.queued() > kPipelinedAnswers && !flush()) return broken_;
    Preface preface = look_for_http2(input);
    if (preface == Preface::whole) return true;
    if (preface == Preface::absent && take_head(input)) return true;
    if (!flush()) return broken_;
    bool idle = input.empty();
    if (idle && draining()) {
      closing_ = true;
      return true;
    }
    Fill filled = fill();
    if (filled == Fill::more) {
      if (idle) phase_begin_ = loop_->now();
      continue;
    }
    if (filled == Fill::end) {
      closing_ = true;
      return true;
    }
    bool late = expired(phase_begin_ + (idle ? core_->settings.idle_timeout : core_->settings.head_timeout));
    if (!late) return false;
    if (idle) {
      closing_ = true;
    } else {
      refuse(408, "the request's head did not arrive in time");
    }
    return true;
  }
}

// Reads once into the input, unless the wire is known to have nothing.
Http1Connection::Fill Http1Connection::fill() {
  if (input_ended_) return Fill::end;
  if (!readable_ && !wire_->holds_input()) {
    arm(Direction::read);
    return Fill::wait;
  }
  std::span<std::byte> room = exchange_->input().room(kReadRoom);
  IoResult result = wire_->read(room);
  if (result.moved()) {
    exchange_->input().commit(result.bytes);
    readable_ = result.bytes == room.size();
    return Fill::more;
  }
  readable_ = false;
  if (result.again()) {
    arm_again(result);
    return Fill::wait;
  }
  input_ended_ = true;
  if (result.kind == IoResult::Kind::failed) break_off();
  return Fill::end;
}

// True when a head is complete or what came is refused.
bool Http1Connection::take_head(Input& input) {
  while (scanned_ == 0 && input.text().starts_with("\r\n")) {
    if (++empty_lines_ > kEmptyLines) {
      refuse(400, "there are empty lines where a request should be");
      return true;
    }
    input.consume(2);
  }
  if (input.empty()) return false;
  std::size_t size = 0;
  if (auto fault = Http1Parser::find_end(input.text(), scanned_, size)) {
    refuse(fault->status, fault->detail);
    return true;
  }
  std::size_t most = core_->settings.max_head.count;
  if (size > most || (size == 0 && input.size() > most)) {
    bool in_target = input.text().substr(0, most).find('\n') == std::string_view::npos;
    refuse(in_target ? 414 : 431, in_target ? "the request target is too long" : "the request's head is too large");
    return true;
  }
  if (size == 0) return false;
  begin_request(input, size);
  return true;
}

void Http1Connection::begin_request(Input& input, std::size_t size) {
  Http1Parser::Framing framing;
  std::string_view text = input.pin(size);
  if (auto fault = parser_.parse(text, exchange_->head_to_fill(), framing)) return refuse(fault->status, fault->detail);
  exchange_->begin(framing, loop_->now());
}

void Http1Connection::dispatch() {
  scanned_ = 0;
  empty_lines_ = 0;
  StreamPtr handle = exchange_->handle();
  try {
    core_->handler(std::move(handle));
  } catch (const std::exception& error) {
    core_->log.error("net", "a handler threw", {{"target", exchange_->head().target}, {"error", error.what()}});
  }
}

bool Http1Connection::answered() {
  if (broken_) return true;
  Http1Exchange& exchange = *exchange_;
  RequestBody& body = exchange.body();
  if (exchange.answer() == Http1Exchange::Answer::none && body.takes_continue() && exchange.input().empty()) {
    outbox_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  RequestBody::Need need = body.pump(*wire_, exchange.input(), parser_, loop_->now());
  if (exchange.answer() == Http1Exchange::Answer::aborted) {
    break_off();
    return true;
  }
  if (exchange.answer() == Http1Exchange::Answer::finished && !body.wanted()) return true;
  deadline_ = SteadyTime::max();
  if (need != RequestBody::Need::nothing) {
    wait_for(need);
    expired(body.deadline());
  }
  flush();
  if (!broken_ && need == RequestBody::Need::nothing && body.ended()) watch_client();
  return broken_;
}

// While an answer is awaited, nothing else would tell that the client has left.
void Http1Connection::watch_client() {
  if (input_ended_) return;
  if (readable_ || wire_->holds_input()) {
    IoResult result = wire_->peek();
    if (result.moved()) return;
    readable_ = false;
    if (!result.again()) {
      input_ended_ = true;
      if (result.kind == IoResult::Kind::failed) return break_off();
      exchange_->mark_gone();
      return;
    }
  }
  arm(Direction::read);
}

bool Http1Connection::body_settled() {
  if (broken_) return true;
  Http1Exchange& exchange = *exchange_;
  RequestBody& body = exchange.body();
  if (!exchange.keeps_alive()) {
    closing_ = true;
    lingers_ = exchange.framing().keep_alive || !body.ended();
    return true;
  }
  if (body.ended()) return true;
  deadline_ = SteadyTime::max();
  if (!flush()) return broken_;
  RequestBody::Need need = body.discard(*wire_, exchange.input(), parser_, loop_->now());
  if (body.failed()) {
    closing_ = lingers_ = true;
    return true;
  }
  if (body.ended()) return true;
  wait_for(need);
  expired(body.deadline());
  return false;
}

void Http1Connection::recycle() {
  if (broken_) return;  // its end is yet to be told
  phase_begin_ = loop_->now();
  exchange_->detach();
  if (exchange_->alone()) {
    exchange_->attach(*this);
    exchange_->input().unpin();
    return;
  }
  auto* fresh = new Http1Exchange(loop_, *this, peer_);
  fresh->input().append(exchange_->input().bytes());
  exchange_->release();
  exchange_ = fresh;
}

bool Http1Connection::flushed() {
  return broken_ || flush() || broken_;
}

bool Http1Connection::lingered() {
  if (broken_) return true;
  if (!shut_down_) {
    shut_down_ = true;
    wire_->shutdown_write();
    phase_begin_ = loop_->now();
    readable_ = true;
  }
  if (!lingers_ || input_ended_) return true;
  std::byte scratch[16 << 10];
  for (int turn = 0; turn < 16; ++turn) {
    IoResult result = wire_->read(scratch);
    if (result.moved()) continue;
    if (!result.again() || expired(phase_begin_ + kLinger)) return true;
    arm_again(result);
    return false;
  }
  kick();
  return expired(phase_begin_ + kLinger);
}

void Http1Connection::end() {
  deadline_ = SteadyTime::max();
  if (exchange_->answer() != Http1Exchange::Answer::finished) exchange_->mark_gone();
  Error left = cancelled("the connection to the client has ended");
  exchange_->detach();
  exchange_->body().fail(left);
  outbox_.fail(left);
  wire_.reset();
  descriptor_.reset();
  loop_->remove(*this);
  core_->connection_ended();
}

// True when nothing is left to write. False: it waits for the client, or the connection has broken.
bool Http1Connection::flush() {
  if (broken_) return false;
  std::uint64_t before = outbox_.taken();
  IoResult result = outbox_.flush(*wire_);
  std::uint64_t moved = outbox_.taken() - before;
  if (moved > 0) Traffic::add(traffic_.sent_bytes, moved);
  if (result.moved()) {
    stalled_ = false;
    return true;
  }
  if (!result.again()) {
    break_off();
    return false;
  }
  if (moved > 0 || !stalled_) write_moved_ = loop_->now();
  stalled_ = true;
  arm_again(result);
  SteadyTime limit = write_moved_ + exchange_->body().limits().idle_timeout;
  SteadyTime earlier = deadline_;
  if (expired(limit)) break_off();
  deadline_ = std::min(deadline_, earlier);
  return false;
}

void Http1Connection::refuse(int status, std::string_view detail) {
  core_->log.debug("net", "a request is refused", {{"peer", peer_.address}, {"status", status}, {"why", detail}});
  write_refusal(outbox_.text(), {status, detail}, loop_->date());
  count_answer(status);
  Traffic::add(traffic_.refused);
  closing_ = lingers_ = true;
}

// The client is to see that its answer is not whole: what is left unsent goes with a reset.
void Http1Connection::break_off() {
  if (broken_) return;
  broken_ = closing_ = true;
  linger reset{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

void Http1Connection::wait_for(RequestBody::Need need) {
  switch (need) {
    case RequestBody::Need::nothing:
      return;
    case RequestBody::Need::read:
      return arm(Direction::read);
    case RequestBody::Need::write:
      return arm(Direction::write);
    case RequestBody::Need::turn:
      return kick();
  }
}

void Http1Connection::arm(Direction direction) {
  bool& armed = armed_[static_cast<int>(direction)];
  if (armed) return;
  armed = true;
  descriptor_->wait(direction, shared_from_this());
}

void Http1Connection::arm_again(const IoResult& result) {
  arm(result.kind == IoResult::Kind::again_read ? Direction::read : Direction::write);
}

bool Http1Connection::expired(SteadyTime deadline) {
  deadline_ = deadline == SteadyTime::max() ? deadline : deadline + kTick;
  return loop_->now() >= deadline_;
}

void Http1Connection::ready(Direction direction) {
  armed_[static_cast<int>(direction)] = false;
  if (direction == Direction::read) readable_ = true;
  wake();
}

void Http1Connection::tick() {
  auto self = shared_from_this();
  exchange_->tick(loop_->now());
  if (loop_->now() >= deadline_) wake();
}

void Http1Connection::drain() {
  auto self = shared_from_this();
  exchange_->drain();
  notify();
}

void Http1Connection::shut() {
  auto self = shared_from_this();
  break_off();
  wake();
}

void Http1Connection::notify() {
  if (!event_.awaited()) {
    event_.fire();
  } else {
    kick();
  }
}

void Http1Connection::kick() {
  if (kick_.connection) return;
  kick_.connection = shared_from_this();
  if (!loop_->post(&kick_)) kick_.connection.reset();
}

void Http1Connection::log_fault(const char* what, const RequestHead& head) {
  core_->log.error("net", what, {{"method", head.method}, {"target", head.target}, {"peer", head.peer}});
}

}  // namespace souk::net
