// SPDX-License-Identifier: Apache-2.0
//
// gRPC messages: five bytes in front (a flag, a length), then the message, which may be compressed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/compression.h"
#include "base/result.h"
#include "net/stream.h"

namespace souk::api::grpc {

inline constexpr std::size_t kPrefix = 5;

// A message that has come, whole. Movable; the bytes stay where they are.
struct Message {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
  bool compressed = false;  // it came so; the bytes are what it says

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

// Where a message's bytes should be aligned to kAlignment, seen from its first part; none: anywhere.
using FindAligned = std::optional<std::size_t> (*)(std::string_view begin);
inline constexpr std::size_t kAlignment = 64;

// Writes the five bytes for a message of that size into the front of a buffer.
void write_prefix(char* into, std::size_t size, bool compressed);

// Reads the messages of a request, one at a time. Belongs to the stream's thread; it must live until `done` was called.
class MessageReader {
 public:
  struct Limits {
    std::size_t max_bytes = 4 << 20;  // of one message, compressed or not
    FindAligned find_aligned = nullptr;
  };
  MessageReader(net::StreamPtr stream, Coding coding, Limits limits)
      : stream_(std::move(stream)), coding_(coding), limits_(limits) {}

  // Nothing: there are no more. Errors: those of Stream::read; invalid_argument (a flag that is none, a message that
  // breaks off), resource_exhausted (too large), internal (compressed without saying how)
  using Done = std::function<void(Result<std::optional<Message>>)>;
  void next(Done done);

 private:
  void read_prefix();
  void begin_message();
  void read_rest();
  void place();
  void finish();
  void fail(Error error);
  // Gives the answer away; the reader may be asked again from inside.
  void answer(Result<std::optional<Message>> result);

  net::StreamPtr stream_;
  Coding coding_;
  Limits limits_;
  Done done_;
  std::byte prefix_[kPrefix] = {};
  std::size_t filled_ = 0;  // of the prefix, then of the message
  std::size_t size_ = 0;
  std::size_t offset_ = 0;                  // where the message begins in the buffer
  std::unique_ptr<std::byte[]> beginning_;  // of a large message, before it has its place
  std::shared_ptr<std::byte> buffer_;
};

}  // namespace souk::api::grpc
