// SPDX-License-Identifier: Apache-2.0
//
// Structured logs on stderr: JSON lines, or plain lines when stderr is a terminal. One line is one write(2),
// so lines of several threads never mix. Thread-safe. Values are escaped: no input can forge a line.
//
//   log.info("serving", "replica is ready", {{"deployment", slug}, {"load_ms", 12}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace souk {

class Logger {
 public:
  enum class Level { debug, info, warn, error, off };
  enum class Format { automatic, json, plain };

  struct Field {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;
    Field(std::string_view key, std::string_view value) : key(key), value(value) {}
    Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
    Field(std::string_view key, const std::string& value) : key(key), value(std::string_view(value)) {}
    Field(std::string_view key, bool value) : key(key), value(value) {}
    Field(std::string_view key, double value) : key(key), value(value) {}
    template <class I>
      requires std::is_integral_v<I>
    Field(std::string_view key, I value) : key(key), value(static_cast<std::int64_t>(value)) {}
  };
  using Fields = std::initializer_list<Field>;

  explicit Logger(Level level = Level::info, Format format = Format::automatic, int fd = 2);

  bool on(Level level) const { return level >= level_; }
  // `room` is where it happened; `trace_id` goes in as a field when there is one.
  void write(Level level, std::string_view room, std::string_view message, Fields fields = {}) const;
  void debug(std::string_view room, std::string_view message, Fields fields = {}) const {
    write(Level::debug, room, message, fields);
  }
  void info(std::string_view room, std::string_view message, Fields fields = {}) const {
    write(Level::info, room, message, fields);
  }
  void warn(std::string_view room, std::string_view message, Fields fields = {}) const {
    write(Level::warn, room, message, fields);
  }
  void error(std::string_view room, std::string_view message, Fields fields = {}) const {
    write(Level::error, room, message, fields);
  }

 private:
  Level level_;
  bool json_;
  int fd_;
};

}  // namespace souk
