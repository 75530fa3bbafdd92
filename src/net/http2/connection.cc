// SPDX-License-Identifier: Apache-2.0
#include "net/http2/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <exception>

namespace souk::net {
namespace {

constexpr std::size_t kInputSize = 64 << 10;  // read at a time; one buffer a thread, since nothing stays in it
constexpr int kRounds = 16;                   // of reading or writing, before others have their turn
constexpr std::size_t kEnough = 256 << 10;    // frames put together before they are written
constexpr std::size_t kTooMuch = 1 << 20;     // unwritten: nothing more is read until the client takes some
constexpr std::size_t kSpare = 32;
constexpr std::chrono::seconds kLinger{2};

thread_local std::array<std::byte, kInputSize> input;

Http2Session::Settings session_settings(const ServerSettings& settings) {
  return {.max_streams = static_cast<std::uint32_t>(settings.max_streams),
          .window = static_cast<std::uint32_t>(settings.http2_window.count),
          .max_head = static_cast<std::uint32_t>(settings.max_head.count)};
}

}  // namespace

Http2Connection::Http2Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Loop> loop, Traffic& traffic, int fd,
                                 Peer peer, std::unique_ptr<Descriptor> descriptor, std::unique_ptr<Wire> wire)
    : core_(std::move(core)),
      loop_(std::move(loop)),
      traffic_(traffic),
      fd_(fd),
      peer_(std::move(peer)),
      descriptor_(std::move(descriptor)),
      wire_(std::move(wire)),
      session_(session_settings(core_->settings), *this, loop_->now()),
      idle_since_(loop_->now()) {}

Http2Connection::~Http2Connection() {
  for (Http2Exchange* exchange : spare_) exchange->release();
  for (Http2Exchange* exchange : parted_) exchange->release();
}

void Http2Connection::open(std::span<const std::byte> begin) {
  self_ = shared_from_this();
  loop_->add(*this);
  turn(begin);
}

void Http2Connection::turn(std::span<const std::byte> begin) {
  if (ended_ || in_turn_) return;
  auto self = shared_from_this();
  in_turn_ = true;
  if (!begin.empty()) feed(begin);
  read_some();
  give_readers();
  write_some();
  in_turn_ = false;
  if (broken_ || over()) return end();
  // Who waited until his answer was taken asks for more of what may be here already.
  if (!readers_.empty()) kick();
}

void Http2Connection::read_some() {
  for (int round = 0; round < kRounds; ++round) {
    if (broken_ || input_ended_ || outbox_.queued() > kTooMuch) return;
    if (!readable_ && !wire_->holds_input()) return arm(Direction::read);
    IoResult result = wire_->read(input);
    if (result.moved()) {
      readable_ = result.bytes == input.size();
      if (!shut_down_) feed(std::span(input).first(result.bytes));
      continue;
    }
    readable_ = false;
    if (result.again()) return arm_again(result);
    if (result.kind == IoResult::Kind::failed) return break_off();
    input_ended_ = true;
    for (Http2Exchange* exchange = open_; exchange != nullptr; exchange = exchange->next) exchange->lose_client();
  }
  kick();
}

void Http2Connection::feed(std::span<const std::byte> bytes) {
  if (session_.feed(bytes, loop_->now())) return;
  if (!session_.wants_output()) return break_off();
  core_->log.debug("net", "a connection broke HTTP/2", {{"peer", peer_.address}});
}

void Http2Connection::reads(Http2Exchange& exchange) {
  if (&exchange == giving_ || std::find(readers_.begin(), readers_.end(), &exchange) != readers_.end()) return;
  exchange.reference();
  readers_.push_back(&exchange);
}

void Http2Connection::give_readers() {
  for (std::size_t i = 0; i < readers_.size(); ++i) {  // it grows while it is walked
    Http2Exchange& exchange = *readers_[i];
    if (exchange.is_open()) give(exchange);
    exchange.release();
  }
  readers_.clear();
}

void Http2Connection::give(Http2Exchange& exchange) {
  Http2Exchange* outer = std::exchange(giving_, &exchange);
  if (exchange.answer() == Http2Exchange::Answer::none && exchange.body().takes_continue()) {
    session_.say_continue(exchange.id());
  }
  session_.used(exchange.id(), exchange.body().pump(loop_->now()));
  giving_ = outer;
}

void Http2Connection::write_some() {
  for (int round = 0; round < kRounds; ++round) {
    if (broken_) return;
    if (!session_.emit(outbox_, kEnough)) return break_off();
    if (outbox_.settled()) return;
    std::uint64_t before = outbox_.taken();
    IoResult result = outbox_.flush(*wire_);
    std::uint64_t moved = outbox_.taken() - before;
    if (moved > 0) Traffic::add(traffic_.sent_bytes, moved);
    if (result.moved()) {
      stalled_ = false;
      continue;
    }
    if (!result.again()) return break_off();
    if (moved > 0 || !stalled_) write_moved_ = loop_->now();
    stalled_ = true;
    return arm_again(result);
  }
  kick();
}

// True when there is nothing left to do. What the client still sends is read over for a while, so that it sees why.
bool Http2Connection::over() {
  if (session_.wants_output() || !outbox_.empty()) return false;
  if (input_ended_) return open_ == nullptr || !session_.wants_input();
  if (session_.wants_input()) return false;
  if (!shut_down_) {
    shut_down_ = true;
    wire_->shutdown_write();
    idle_since_ = loop_->now();
    readable_ = true;
    kick();
  }
  return loop_->now() >= idle_since_ + kLinger;
}

Http2Exchange* Http2Connection::begun(std::int32_t id) {
  std::erase_if(parted_, [this](Http2Exchange* exchange) {
    if (!exchange->alone()) return false;
    spare_.push_back(exchange);
    return true;
  });
  // Streams that were reset may still be worked on: their number counts too.
  if (open_count_ + static_cast<std::int64_t>(parted_.size()) >= 2 * core_->settings.max_streams) return nullptr;
  Http2Exchange* exchange = nullptr;
  if (spare_.empty()) {
    exchange = new Http2Exchange(loop_, *this, peer_);
  } else {
    exchange = spare_.back();
    spare_.pop_back();
  }
  exchange->begin(*this, id, core_->settings.max_head.count, loop_->now());
  exchange->previous = nullptr;
  exchange->next = open_;
  if (open_ != nullptr) open_->previous = exchange;
  open_ = exchange;
  ++open_count_;
  return exchange;
}

void Http2Connection::field(Http2Exchange& exchange, std::string_view name, std::string_view value) {
  exchange.field(name, value);
}

void Http2Connection::headed(Http2Exchange& exchange, bool has_body) {
  if (auto refusal = exchange.head_ended(has_body, loop_->now())) return refuse(exchange, *refusal);
  dispatch(exchange);
}

void Http2Connection::refuse(Http2Exchange& exchange, const Refusal& refusal) {
  core_->log.debug("net", "a request is refused",
                   {{"peer", peer_.address}, {"status", refusal.status}, {"why", refusal.detail}});
  Traffic::add(traffic_.refused);
  exchange.refuse(refusal);
}

void Http2Connection::dispatch(Http2Exchange& exchange) {
  StreamPtr handle = exchange.handle();
  try {
    core_->handler(std::move(handle));
  } catch (const std::exception& error) {
    core_->log.error("net", "a handler threw", {{"target", exchange.head().target}, {"error", error.what()}});
  }
}

void Http2Connection::data(Http2Exchange& exchange, std::span<const std::byte> bytes) {
  Http2Exchange* outer = std::exchange(giving_, &exchange);
  session_.used(exchange.id(), exchange.body().push(bytes, loop_->now()));
  giving_ = outer;
  if (exchange.body().failed() && exchange.body().wanted()) give(exchange);
}

void Http2Connection::ended(Http2Exchange& exchange) {
  exchange.body().end();
  give(exchange);
}

// The rest of a request that has its answer is not waited for.
void Http2Connection::answered(Http2Exchange& exchange) {
  if (exchange.body().whole()) return;
  session_.used(exchange.id(), exchange.body().abandon());
  session_.reset(exchange.id(), Http2Session::Reset::no_error);
}

void Http2Connection::closed(Http2Exchange& exchange) {
  if (open_ == &exchange) open_ = exchange.next;
  if (exchange.previous != nullptr) exchange.previous->next = exchange.next;
  if (exchange.next != nullptr) exchange.next->previous = exchange.previous;
  exchange.previous = exchange.next = nullptr;
  if (--open_count_ == 0) idle_since_ = loop_->now();
  session_.used_of_closed(exchange.body().abandon());
  exchange.close();
  if (!exchange.alone()) {
    parted_.push_back(&exchange);
  } else if (spare_.size() < kSpare) {
    spare_.push_back(&exchange);
  } else {
    exchange.release();
  }
}

void Http2Connection::end() {
  if (ended_) return;
  ended_ = true;
  auto self = std::move(self_);
  while (open_ != nullptr) closed(*open_);
  for (Http2Exchange* exchange : std::exchange(readers_, {})) exchange->release();
  outbox_.fail(cancelled("the connection to the client has ended"));
  wire_.reset();
  descriptor_.reset();
  loop_->remove(*this);
  core_->connection_ended();
}

// The client is to see that its answers are not whole: what is left unsent goes with a reset.
void Http2Connection::break_off() {
  if (broken_) return;
  broken_ = true;
  linger reset{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

void Http2Connection::arm(Direction direction) {
  bool& armed = armed_[static_cast<int>(direction)];
  if (armed) return;
  armed = true;
  descriptor_->wait(direction, shared_from_this());
}

void Http2Connection::arm_again(const IoResult& result) {
  arm(result.kind == IoResult::Kind::again_read ? Direction::read : Direction::write);
}

void Http2Connection::ready(Direction direction) {
  armed_[static_cast<int>(direction)] = false;
  if (direction == Direction::read) readable_ = true;
  turn();
}

void Http2Connection::tick() {
  auto self = shared_from_this();
  SteadyTime now = loop_->now();
  const ServerSettings& settings = core_->settings;
  for (Http2Exchange* exchange = open_; exchange != nullptr; exchange = exchange->next) exchange->tick(now);
  if (stalled_ && now >= write_moved_ + BodyLimits().idle_timeout) break_off();
  if (auto since = session_.head_since(); since && now >= *since + settings.head_timeout + kTick) {
    session_.end(Http2Session::Reset::calm);
  } else if (open_ == nullptr && !shut_down_ && now >= idle_since_ + settings.idle_timeout + kTick) {
    session_.end(Http2Session::Reset::no_error);
  } else if (drain_ == Drain::warned) {
    drain_ = Drain::told;
    session_.take_no_more();
  } else if (!broken_ && !shut_down_ && readers_.empty() && !session_.wants_output()) {
    return;
  }
  turn();
}

// Clients learn of it in two steps: what they sent before they knew is still answered.
void Http2Connection::drain() {
  auto self = shared_from_this();
  for (Http2Exchange* exchange = open_; exchange != nullptr; exchange = exchange->next) exchange->drain();
  if (drain_ != Drain::no) return;
  if (open_ == nullptr) {
    drain_ = Drain::told;
    session_.take_no_more();
  } else {
    drain_ = Drain::warned;
    session_.warn_of_end();
  }
  notify();
}

void Http2Connection::shut() {
  auto self = shared_from_this();
  break_off();
  end();
}

void Http2Connection::notify() {
  if (!in_turn_) kick();
}

void Http2Connection::kick() {
  if (kick_.connection || ended_) return;
  kick_.connection = shared_from_this();
  if (!loop_->post(&kick_)) kick_.connection.reset();
}

void Http2Connection::log_fault(const char* what, const RequestHead& head) {
  core_->log.error("net", what, {{"method", head.method}, {"target", head.target}, {"peer", head.peer}});
}

}  // namespace souk::net
