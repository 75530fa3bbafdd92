// SPDX-License-Identifier: Apache-2.0
#include "net/outbox.h"

#include <algorithm>

namespace souk::net {
namespace {

constexpr std::size_t kCopyUpTo = 4 << 10;
constexpr std::size_t kKeptText = 64 << 10;
constexpr std::size_t kMaxPieces = 64;

}  // namespace

Outbox::Outbox() {
  text_.reserve(2 << 10);
  pieces_.reserve(4);
}

void Outbox::append(Chunk chunk) {
  std::span<const std::byte> data = chunk.data();
  if (data.size() <= kCopyUpTo) {
    text_.append(reinterpret_cast<const char*>(data.data()), data.size());
    return;
  }
  large_left_ += data.size();
  large_.push_back({text_.size(), std::move(chunk)});
}

void Outbox::mark(std::function<void(Status)> done) {
  marks_.push_back({taken_ + queued(), std::move(done)});
}

std::size_t Outbox::gather(std::vector<iovec>& pieces) const {
  pieces.clear();
  std::size_t text_at = text_taken_;
  std::size_t total = 0;
  auto add = [&](const void* data, std::size_t size) {
    if (size == 0) return;
    pieces.push_back({const_cast<void*>(data), size});
    total += size;
  };
  for (const Large& large : large_) {
    if (pieces.size() + 2 > kMaxPieces) return total;
    add(text_.data() + text_at, large.after_text - text_at);
    text_at = large.after_text;
    auto rest = large.chunk.data().subspan(large.taken);
    add(rest.data(), rest.size());
  }
  add(text_.data() + text_at, text_.size() - text_at);
  return total;
}

void Outbox::take(std::size_t bytes) {
  taken_ += bytes;
  while (bytes > 0) {
    std::size_t text_until = large_.empty() ? text_.size() : large_.front().after_text;
    std::size_t of_text = std::min(bytes, text_until - text_taken_);
    text_taken_ += of_text;
    bytes -= of_text;
    if (bytes == 0 || large_.empty()) break;
    Large& first = large_.front();
    std::size_t left = first.chunk.data().size() - first.taken;
    std::size_t of_large = std::min(bytes, left);
    first.taken += of_large;
    large_left_ -= of_large;
    bytes -= of_large;
    if (of_large == left) large_.pop_front();
  }
}

void Outbox::reset_when_empty() {
  if (!empty()) return;
  text_taken_ = 0;
  if (text_.capacity() > kKeptText) {
    text_ = std::string();
    text_.reserve(2 << 10);
  } else {
    text_.clear();
  }
}

void Outbox::call_due() {
  while (!marks_.empty() && marks_.front().position <= taken_) {
    auto done = std::move(marks_.front().done);
    marks_.pop_front();
    done(Status());
  }
}

IoResult Outbox::flush(Wire& wire) {
  for (;;) {
    while (!empty()) {
      std::size_t total;
      if (large_.empty()) {
        total = text_.size() - text_taken_;
        pieces_.assign(1, iovec{text_.data() + text_taken_, total});
      } else {
        total = gather(pieces_);
      }
      IoResult result = wire.write(pieces_);
      if (!result.moved()) {
        call_due();
        return result;
      }
      take(result.bytes);
    }
    reset_when_empty();
    call_due();
    if (empty()) return {IoResult::Kind::moved, 0};
  }
}

void Outbox::fail(const Error& why) {
  text_.clear();
  text_taken_ = 0;
  large_.clear();
  large_left_ = 0;
  while (!marks_.empty()) {
    auto done = std::move(marks_.front().done);
    marks_.pop_front();
    done(why);
  }
}

}  // namespace souk::net
