// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"
#include "base/yaml/scalars.h"

namespace souk::yaml {
namespace {

using json::Kind;
using json::Value;

// Whether a string may stand without quotes: it cannot be taken for another type or for syntax.
bool may_be_plain(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  for (const unsigned char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("_-./@+ ").find(static_cast<char>(c)) == std::string_view::npos) return false;
  }
  const auto edge = [](char c) { return c == ' ' || c == '-' || c == '@' || c == '.' || c == '+'; };
  if (edge(text.front()) || text.back() == ' ') return false;
  static constexpr std::string_view kOldBooleans[] = {"y",  "Y",  "n",  "N",  "yes", "Yes", "YES", "no",
                                                      "No", "NO", "on", "On", "ON",  "off", "Off", "OFF"};
  for (const std::string_view word : kOldBooleans) {
    if (text == word) return false;
  }
  const bool date_like = text.front() >= '0' && text.front() <= '9';
  const auto typed = typed_scalar(text);
  return !date_like && typed && typed->front() == '"';
}

std::string string_yaml(std::string_view text) {
  if (may_be_plain(text)) return std::string(text);
  return json::write(std::string(text));  // JSON's quoting is YAML's double quoting
}

bool is_block(Value value) {
  return (value.kind() == Kind::array || value.kind() == Kind::object) && value.size() > 0;
}

void write_block(std::string& out, Value value, std::size_t indent);

void write_after(std::string& out, Value value, std::size_t indent) {
  if (is_block(value)) return write_block(out, value, indent);
  if (value.kind() == Kind::string) {
    out += string_yaml(value.string());
  } else {
    out += value.raw();
  }
  out += '\n';
}

// Writes the lines of a list or a map; the first begins where `out` ends, the rest at `indent`.
void write_block(std::string& out, Value value, std::size_t indent) {
  bool first = true;
  const auto begin_line = [&] {
    if (!first) out.append(indent, ' ');
    first = false;
  };
  if (value.kind() == Kind::array) {
    (void)value.each_element([&](Value element) -> Status {
      begin_line();
      out += "- ";
      write_after(out, element, indent + 2);
      return {};
    });
    return;
  }
  (void)value.each_member([&](std::string_view key, Value member) -> Status {
    begin_line();
    out += string_yaml(key) + ":";
    const bool list = member.kind() == Kind::array;
    if (is_block(member)) {
      const std::size_t inner = list ? indent : indent + 2;
      out += '\n';
      out.append(inner, ' ');
      write_block(out, member, inner);
    } else {
      out += ' ';
      write_after(out, member, indent);
    }
    return {};
  });
}

}  // namespace

std::string from_json(Value value) {
  std::string out;
  write_after(out, value, 0);
  return out;
}

}  // namespace souk::yaml
