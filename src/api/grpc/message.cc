// SPDX-License-Identifier: Apache-2.0
#include "api/grpc/message.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace souk::api::grpc {
namespace {

// A larger message is placed so that what should be aligned is; its beginning, which tells where that stands, is
// moved for it.
constexpr std::size_t kPlacedFrom = 16 << 10;
constexpr std::size_t kBeginning = 4 << 10;

// Not touched before it is filled, so a length that is only claimed costs no memory.
std::shared_ptr<std::byte> make_buffer(std::size_t size) {
  if (size <= kPlacedFrom) return std::shared_ptr<std::byte>(new std::byte[size], std::default_delete<std::byte[]>());
  auto* bytes = static_cast<std::byte*>(::operator new(size, std::align_val_t{kAlignment}));
  return std::shared_ptr<std::byte>(bytes, [](std::byte* p) { ::operator delete(p, std::align_val_t{kAlignment}); });
}

}  // namespace

void write_prefix(char* into, std::size_t size, bool compressed) {
  into[0] = compressed ? 1 : 0;
  for (int i = 0; i < 4; ++i) into[1 + i] = static_cast<char>(size >> (24 - 8 * i));
}

void MessageReader::next(Done done) {
  done_ = std::move(done);
  filled_ = 0;
  read_prefix();
}

void MessageReader::read_prefix() {
  stream_->read(std::span(prefix_).subspan(filled_), [this](Result<std::size_t> got) {
    if (!got) return fail(std::move(got.error()));
    if (*got == 0 && filled_ == 0) return answer(std::optional<Message>());
    if (*got == 0) return fail(invalid_argument("the request ends inside the five bytes in front of a message"));
    filled_ += *got;
    if (filled_ < kPrefix) return read_prefix();
    begin_message();
  });
}

void MessageReader::begin_message() {
  unsigned flag = std::to_integer<unsigned>(prefix_[0]);
  if (flag > 1) return fail(invalid_argument("the byte in front of a message is " + std::to_string(flag)));
  size_ = 0;
  for (int i = 1; i < 5; ++i) size_ = size_ << 8 | std::to_integer<std::size_t>(prefix_[i]);
  if (size_ > limits_.max_bytes) {
    return fail(resource_exhausted("the message has " + std::to_string(size_) + " bytes, " +
                                   std::to_string(limits_.max_bytes) + " are taken here"));
  }
  if (flag == 1 && coding_ == Coding::identity) {
    return fail(internal("a message is said to be compressed, but grpc-encoding does not say how"));
  }
  filled_ = 0;
  offset_ = 0;
  if (size_ == 0) return finish();
  if (size_ >= kPlacedFrom && limits_.find_aligned != nullptr) {
    beginning_.reset(new std::byte[kBeginning]);
  } else {
    buffer_ = make_buffer(size_);
  }
  read_rest();
}

void MessageReader::read_rest() {
  auto into = beginning_ ? std::span(beginning_.get(), kBeginning) : std::span(buffer_.get() + offset_, size_);
  stream_->read(into.subspan(filled_), [this](Result<std::size_t> got) {
    if (!got) return fail(std::move(got.error()));
    if (*got == 0) return fail(invalid_argument("the request ends inside a message"));
    filled_ += *got;
    if (beginning_ && filled_ == kBeginning) place();
    if (filled_ < size_) return read_rest();
    finish();
  });
}

// Chooses where the message begins from its first bytes.
void MessageReader::place() {
  std::string_view begin(reinterpret_cast<const char*>(beginning_.get()), kBeginning);
  auto aligned = limits_.find_aligned(begin);
  offset_ = aligned ? (kAlignment - *aligned % kAlignment) % kAlignment : 0;
  buffer_ = make_buffer(size_ + offset_);
  std::memcpy(buffer_.get() + offset_, beginning_.get(), kBeginning);
  beginning_.reset();
}

void MessageReader::finish() {
  Message message;
  message.compressed = prefix_[0] == std::byte{1};
  if (size_ > 0) message.bytes = {buffer_.get() + offset_, size_};
  message.owner = std::exchange(buffer_, nullptr);
  if (message.compressed) {
    auto text = decompress(coding_, message.bytes, limits_.max_bytes);
    if (!text) return fail(std::move(text.error()));
    auto owner = std::make_shared<const std::string>(std::move(*text));
    message.bytes = std::as_bytes(std::span(*owner));
    message.owner = std::move(owner);
  }
  answer(std::optional(std::move(message)));
}

void MessageReader::fail(Error error) {
  beginning_.reset();
  buffer_.reset();
  answer(std::move(error));
}

void MessageReader::answer(Result<std::optional<Message>> result) {
  auto done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace souk::api::grpc
