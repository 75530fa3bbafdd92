// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <cerrno>

#include "base/json.h"
#include "base/time.h"

namespace souk {
namespace {

std::string_view level_name(Logger::Level level) {
  switch (level) {
    case Logger::Level::debug:
      return "debug";
    case Logger::Level::info:
      return "info";
    case Logger::Level::warn:
      return "warn";
    case Logger::Level::error:
      return "error";
    case Logger::Level::off:
      break;
  }
  return "off";
}

std::string json_line(Logger::Level level, std::string_view room, std::string_view message, Logger::Fields fields) {
  std::string line;
  line.reserve(256);
  json::Writer out(line);
  out.begin_object();
  out.key("time");
  out.value(format_rfc3339(now()));
  out.key("level");
  out.value(level_name(level));
  out.key("room");
  out.value(room);
  out.key("message");
  out.value(message);
  for (const Logger::Field& field : fields) {
    out.key(field.key);
    std::visit([&](const auto& value) { out.value(value); }, field.value);
  }
  out.end_object();
  line += '\n';
  return line;
}

bool is_plain(std::string_view text) {
  for (const unsigned char c : text) {
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c >= 0x7f) return false;
  }
  return !text.empty();
}

std::string quoted(std::string_view text) {
  std::string out;
  json::Writer(out).value(text);
  std::string safe;  // a terminal obeys DEL and C1 controls, which JSON lets pass
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned char c = out[i];
    const unsigned char next = i + 1 < out.size() ? out[i + 1] : 0;
    if (c == 0x7f) {
      safe += "\\u007f";
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
      safe += next < 0x90 ? "\\u008" : "\\u009";
      safe += "0123456789abcdef"[next & 15];
      ++i;
    } else {
      safe += out[i];
    }
  }
  return safe;
}

std::string plain_line(Logger::Level level, std::string_view room, std::string_view message, Logger::Fields fields) {
  std::string line = format_rfc3339(now()).substr(11, 12);
  line += ' ';
  line += level_name(level);
  line.append(level_name(level).size() < 5 ? 2 : 1, ' ');
  line.append(room).append("  ");
  const std::string text = quoted(message);
  line.append(text, 1, text.size() - 2);
  for (const Logger::Field& field : fields) {
    line.append("  ").append(field.key).append("=");
    if (const auto* value = std::get_if<std::string_view>(&field.value)) {
      line += is_plain(*value) ? std::string(*value) : quoted(*value);
    } else {
      json::Writer out(line);
      std::visit([&](const auto& v) { out.value(v); }, field.value);
    }
  }
  line += '\n';
  return line;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nowhere is left to say so
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

Logger::Logger(Level level, Format format, int fd)
    : level_(level), json_(format == Format::json || (format == Format::automatic && ::isatty(fd) == 0)), fd_(fd) {}

void Logger::write(Level level, std::string_view room, std::string_view message, Fields fields) const {
  if (!on(level) || level == Level::off) return;
  write_all(fd_, json_ ? json_line(level, room, message, fields) : plain_line(level, room, message, fields));
}

}  // namespace souk
