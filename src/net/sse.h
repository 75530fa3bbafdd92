// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events (WHATWG HTML, 9.2), both ends.
//
// An EventWriter may be used from any thread and copied: all copies are one stream. What a client has not taken yet
// waits in memory up to a bound; a client slower than that is cut off and comes back with Last-Event-ID. The stream
// closes by itself when the client leaves or the server drains.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/stream.h"

namespace souk::net {

struct ServerEvent {
  std::string id;    // no line end, no NUL; empty: none
  std::string type;  // no line end; empty: "message"
  std::string data;  // any lines
  std::optional<std::chrono::milliseconds> retry;
};

struct EventStreamSettings {
  std::size_t max_waiting = 256 << 10;
  std::chrono::milliseconds keep_alive{15'000};  // a comment this often; 0: none
};

class EventWriter {
 public:
  // Answers the stream with 200 and text/event-stream.
  explicit EventWriter(StreamPtr stream, EventStreamSettings settings = {}, std::vector<Header> headers = {});

  // Blocks: no. Errors: invalid_argument (line end in id or type), cancelled (closed, or the client has left),
  // resource_exhausted (the client is too slow and has been cut off)
  Status send(const ServerEvent& event);
  Status comment(std::string_view text);
  void close();
  bool open() const;
  // Runs f once, on the connection's thread, when the stream closes for whatever reason; at once when it has.
  void on_close(std::function<void()> f);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Takes bytes as they come and gives the events that are whole.
class EventParser {
 public:
  explicit EventParser(std::size_t max_event = 1 << 20) : max_event_(max_event) {}
  // Errors: resource_exhausted (one event larger than allowed)
  Result<std::vector<ServerEvent>> feed(std::string_view bytes);
  // What to send as Last-Event-ID.
  const std::string& last_id() const { return last_id_; }

 private:
  void take_line(std::string_view line, std::vector<ServerEvent>& events);

  std::size_t max_event_;
  bool begun_ = false;
  bool after_return_ = false;
  bool has_data_ = false;
  std::string line_;
  ServerEvent event_;
  std::string last_id_;
};

}  // namespace souk::net
