// SPDX-License-Identifier: Apache-2.0
#include "net/http1/request_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace souk::net {
namespace {

constexpr std::size_t kInputSize = 16 << 10;
constexpr std::size_t kRoomBehindHead = 8 << 10;
constexpr std::size_t kReadOver = 64 << 10;
constexpr int kTurns = 16;

std::string_view kLeft = "the client left before the end of the request body";

}  // namespace

Input::Input() : data_(new std::byte[kInputSize]), capacity_(kInputSize) {}

void Input::append(std::span<const std::byte> bytes) {
  std::span<std::byte> free = room(bytes.size());
  std::memcpy(free.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void Input::compact() {
  if (begin_ == pinned_) return;
  std::memmove(data_.get() + pinned_, data_.get() + begin_, end_ - begin_);
  end_ -= begin_ - pinned_;
  begin_ = pinned_;
}

std::span<std::byte> Input::room(std::size_t least) {
  if (begin_ == end_) begin_ = end_ = pinned_;
  if (capacity_ - end_ < least) compact();
  if (capacity_ - end_ < least && pinned_ == 0) {
    std::size_t capacity = std::max(capacity_ * 2, end_ + least);
    std::unique_ptr<std::byte[]> data(new std::byte[capacity]);
    std::memcpy(data.get(), data_.get(), end_);
    data_ = std::move(data);
    capacity_ = capacity;
  }
  return {data_.get() + end_, capacity_ - end_};
}

std::string_view Input::pin(std::size_t n) {
  if (capacity_ - begin_ - n < kRoomBehindHead) {
    compact();
    if (capacity_ - n < kRoomBehindHead) room(n + kRoomBehindHead - std::min(end_, n + kRoomBehindHead));
  }
  std::string_view head(reinterpret_cast<const char*>(data_.get()) + begin_, n);
  begin_ += n;
  pinned_ = begin_;
  return head;
}

void Input::unpin() {
  pinned_ = 0;
  if (begin_ == end_) begin_ = end_ = 0;
}

void RequestBody::begin(std::optional<std::uint64_t> length, const Http1Parser::Framing& framing, SteadyTime now) {
  chunked_ = framing.chunked;
  BodyReader::begin(chunked_ ? std::nullopt : std::optional<std::uint64_t>(length.value_or(0)),
                    framing.expects_continue, now);
}

bool RequestBody::settles() const {
  if (ended_) return true;
  return !failure_ && !continue_due_ && length_ && *length_ - received_ <= kReadOver;
}

RequestBody::Need RequestBody::pump(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now) {
  for (int turn = 0; wanted(); ++turn) {
    if (turn == kTurns) return Need::turn;
    if (failure_ || over_bounds(now)) {
      answer_failure();
      continue;
    }
    if (ended_) {
      answer_end();
      continue;
    }
    Fetched fetched = fetch(target(), wire, input, parser);
    if (fetched.need != Need::nothing) return fetched.need;
    received_ += fetched.bytes;
    if (fetched.bytes == 0 || received_ > limits_.max_bytes) continue;
    last_moved_ = now;
    deliver(fetched.bytes);
  }
  return Need::nothing;
}

RequestBody::Need RequestBody::discard(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now) {
  std::byte scratch[4 << 10];
  while (!ended_ && !failure_) {
    if (now >= last_moved_ + limits_.idle_timeout) {
      failure_ = deadline_exceeded("the rest of the request body did not arrive in time").at("body");
      break;
    }
    Fetched fetched = fetch(scratch, wire, input, parser);
    if (fetched.need != Need::nothing) return fetched.need;
    received_ += fetched.bytes;
  }
  return Need::nothing;
}

// Nothing fetched and nothing needed: the body has ended or failed.
RequestBody::Fetched RequestBody::fetch(std::span<std::byte> into, Wire& wire, Input& input, Http1Parser& parser) {
  if (chunked_) return fetch_chunked(into, wire, input, parser);
  std::uint64_t left = *length_ - received_;
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
  Fetched fetched;
  if (!input.empty()) {
    fetched.bytes = std::min(into.size(), input.size());
    std::memcpy(into.data(), input.bytes().data(), fetched.bytes);
    input.consume(fetched.bytes);
  } else {
    fetched = from_wire(into, wire);
  }
  if (fetched.bytes == left) ended_ = true;
  return fetched;
}

RequestBody::Fetched RequestBody::fetch_chunked(std::span<std::byte> into, Wire& wire, Input& input,
                                                Http1Parser& parser) {
  for (;;) {
    if (!input.empty()) {
      Http1Parser::Progress progress = parser.decode(input.bytes(), into);
      input.consume(progress.consumed);
      if (progress.bad) {
        failure_ = invalid_argument("the chunks of the request body are malformed").at("body");
        return {};
      }
      ended_ = progress.done;
      if (ended_ || progress.produced > 0) return {Need::nothing, progress.produced};
    }
    if (input.empty() && parser.chunk_left() > 0) {
      into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), parser.chunk_left())));
      Fetched fetched = from_wire(into, wire);
      parser.took(into.first(fetched.bytes));
      return fetched;
    }
    std::span<std::byte> room = input.room(kRoomBehindHead / 2);
    if (room.empty()) {
      failure_ = invalid_argument("a chunk's head in the request body is too long").at("body");
      return {};
    }
    Fetched fetched = from_wire(room, wire);
    if (fetched.bytes == 0) return fetched;
    input.commit(fetched.bytes);
  }
}

RequestBody::Fetched RequestBody::from_wire(std::span<std::byte> into, Wire& wire) {
  IoResult result = wire.read(into);
  if (result.moved()) return {Need::nothing, result.bytes};
  if (result.again()) return {result.kind == IoResult::Kind::again_read ? Need::read : Need::write, 0};
  failure_ = cancelled(std::string(kLeft)).at("body");
  return {};
}

}  // namespace souk::net
