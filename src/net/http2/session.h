// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 frames (RFC 9113): takes the bytes of a connection apart into streams and puts answers together, without
// input or output of its own. nghttp2 stands behind it. Belongs to one loop.
//
// Windows: the owner says when received bytes have been used up (`used`), which alone widens them.
// Floods: frames that bring nothing (resets, pings, settings, priorities, empty data, windows in crumbs) and streams
// that end before their answer are paid from an allowance that useful work refills; who overdraws it is told
// ENHANCE_YOUR_CALM and the connection ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "net/message.h"
#include "net/outbox.h"

namespace souk::net {

class Http2Exchange;

class Http2Session {
 public:
  struct Settings {
    std::uint32_t max_streams = 256;
    std::uint32_t window = 1 << 20;  // of a stream, and of the connection
    std::uint32_t max_head = 64 << 10;
  };
  enum class Reset : std::uint32_t { no_error = 0, protocol = 1, internal = 2, refused = 7, cancel = 8, calm = 11 };

  // What an exchange has to send now.
  struct Due {
    std::size_t bytes = 0;
    bool last = false;                              // nothing follows these but the trailers
    const std::vector<Header>* trailers = nullptr;  // with `last`; null: none
  };

  // Told of what comes and asked for what goes, from inside `feed` and `emit`. An exchange is one that `begun` gave;
  // `closed` is the last that is heard of it.
  class Owner {
   public:
    virtual Http2Exchange* begun(std::int32_t id) = 0;  // null: the stream is refused
    virtual void field(Http2Exchange& exchange, std::string_view name, std::string_view value) = 0;
    virtual void headed(Http2Exchange& exchange, bool has_body) = 0;
    virtual void data(Http2Exchange& exchange, std::span<const std::byte> bytes) = 0;
    virtual void ended(Http2Exchange& exchange) = 0;     // the whole request is here
    virtual void answered(Http2Exchange& exchange) = 0;  // the last of its answer has been emitted
    virtual void closed(Http2Exchange& exchange) = 0;
    virtual Due due(Http2Exchange& exchange, std::size_t most) = 0;
    virtual void put(Http2Exchange& exchange, std::size_t bytes, Outbox& into) = 0;

   protected:
    ~Owner() = default;
  };

  Http2Session(const Settings& settings, Owner& owner, SteadyTime now);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // False: the client broke the protocol beyond repair; what is left to emit may say so.
  bool feed(std::span<const std::byte> bytes, SteadyTime now);
  // Appends frames until `into` holds `enough`. False: nothing more can be said.
  bool emit(Outbox& into, std::size_t enough);
  bool wants_input() const;
  bool wants_output() const;
  // A head is under way since then; none: no time.
  std::optional<SteadyTime> head_since() const;

  // `has_body`: the exchange is asked for what is due; else the head is all of the answer. Returns whether some field
  // had to be changed or left out.
  struct AnswerHead {
    int status = 200;
    const std::vector<Header>* headers = nullptr;
    std::optional<std::uint64_t> content_length;
    std::string_view date;
    bool has_body = false;
  };
  bool answer(std::int32_t id, Http2Exchange& exchange, const AnswerHead& head);
  void say_continue(std::int32_t id);
  // There is something due again.
  void resume(std::int32_t id);
  void reset(std::int32_t id, Reset why);
  void used(std::int32_t id, std::size_t bytes);
  void used_of_closed(std::size_t bytes);

  // Tells the client that the end is near; what it has sent already is still taken.
  void warn_of_end();
  // Streams that come after this are not taken; those under way go on.
  void take_no_more();
  void end(Reset why);

 private:
  struct State;
  struct Callbacks;
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
