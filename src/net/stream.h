// SPDX-License-Identifier: Apache-2.0
//
// A Stream is one request and its answer, whatever the transport: the one form of handler.
//
// The server calls the handler on the connection's thread as soon as the head is read; the handler must not
// block there. It answers at once, or keeps the StreamPtr and answers later from any thread. A stream dropped
// without an answer is answered 500. Calls on one stream are not made from two threads at a time; `gone` may be.
//
// The callbacks of read, collect and write run on the connection's thread and must not block. The blocking
// forms are for pool threads and never for a connection's thread.
//
// Back-pressure: the transport reads the body only when asked, and `write` completes when the bytes have been
// taken by the socket. A request body that is not read to its end is drained up to a small bound, else the
// connection (over HTTP/2: the stream) closes after the answer. "Expect: 100-continue" is answered at the first read.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/message.h"

namespace souk::net {

// Callbacks are never called from inside the call that they were given to. A client that closes its sending side
// while an answer is awaited counts as gone, yet is still sent the answer.

// What a route allows. Passing a bound answers 413 or 408 through the Error the reader gets: resource_exhausted or
// deadline_exceeded with the field "body". A body broken off is cancelled, one that breaks HTTP invalid_argument.
// After any of them the connection (the stream) closes behind the answer. A client that takes no byte of its answer for
// idle_timeout is cut off.
struct BodyLimits {
  std::uint64_t max_bytes = 1 << 20;
  std::chrono::milliseconds idle_timeout{30'000};   // between two pieces, either way
  std::chrono::milliseconds total_timeout{60'000};  // for the whole request body; 0: none
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual const RequestHead& head() const = 0;
  // To be called before the body is read.
  virtual void limit(const BodyLimits& limits) = 0;

  // Reads at least one byte into `into`; 0 means the end. `into` must live until `done` is called.
  virtual void read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) = 0;
  // Reads the whole body (at most limits.max_bytes) as one string. Its first byte is aligned as operator new does it
  // (16 bytes).
  virtual void collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) = 0;

  // The whole answer at once.
  virtual void send(Response response) = 0;
  // Or: start, write…, finish. `abort` breaks the connection so that a client sees a truncated body.
  virtual void start(ResponseHead head) = 0;
  virtual void write(Chunk chunk, std::function<void(Status)> done) = 0;
  virtual void finish() = 0;
  virtual void abort() = 0;
  // With trailers; they reach the client only where the head says so (`takes_trailers`), else they are dropped.
  virtual void finish(std::vector<Header> trailers) { (void)trailers, finish(); }

  // True once the client has left. Thread-safe.
  virtual bool gone() const = 0;
  // Runs f on the connection's thread when the client leaves before the answer is finished; at most one f.
  virtual void on_gone(std::function<void()> f) = 0;
  // Runs f on the connection's thread when the server begins to drain: an answer without an end finishes then.
  virtual void on_drain(std::function<void()> f) { (void)f; }
  // Runs f on the connection's thread about every `interval` (on a tick of 100 ms) until the answer is finished.
  virtual void every(std::chrono::milliseconds interval, std::function<void()> f) { (void)interval, (void)f; }
  // Runs f on the connection's thread.
  virtual void post(std::function<void()> f) = 0;

  // Blocking forms. Errors: those of the callbacks; failed_precondition on a connection's thread
  Result<std::size_t> read(std::span<std::byte> into);
  Status write(Chunk chunk);
};

// While one lives, what its thread sends on streams of other threads is kept; at its end each of those threads is woken
// once for all of it, where it would be woken for each.
class SendTogether {
 public:
  SendTogether();
  ~SendTogether();
  SendTogether(const SendTogether&) = delete;

 private:
  friend class Loop;
  static thread_local SendTogether* current_;
  std::vector<std::shared_ptr<class Loop>> to_wake_;
};

using StreamPtr = std::shared_ptr<Stream>;
using Handler = std::function<void(StreamPtr)>;

}  // namespace souk::net
