// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/yaml.h"

namespace souk::cli {
namespace {

using json::Kind;
using json::Value;

std::string scalar_text(Value value) {
  switch (value.kind()) {
    case Kind::null:
      return "";
    case Kind::string:
      return printable(value.string());
    case Kind::boolean:
      return value.boolean() ? "yes" : "no";
    case Kind::array: {
      std::string text;
      (void)value.each_element([&text](Value element) -> Status {
        text.append(text.empty() ? "" : ", ").append(scalar_text(element));
        return {};
      });
      return text;
    }
    case Kind::object: {
      std::string text;
      (void)value.each_member([&text](std::string_view key, Value member) -> Status {
        text.append(text.empty() ? "" : ", ").append(printable(key)).append("=").append(scalar_text(member));
        return {};
      });
      return text;
    }
    default:
      return value.raw();
  }
}

std::string text_of(const Column& column, Value row) {
  return column.text ? printable(column.text(row)) : cell(row, column.path);
}

// Columns that a terminal gives the text: one a code point.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = text[i];
    const unsigned char next = i + 1 < text.size() ? text[i + 1] : 0;
    if (c < 0x20 || c == 0x7f) {
      out += c == '\n' || c == '\t' ? " " : "\xef\xbf\xbd";
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
      out += "\xef\xbf\xbd";
      ++i;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string cell(Value value, std::string_view path) {
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const auto member = value.find(path.substr(0, dot));
    if (!member) return "";
    value = *member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return scalar_text(value);
}

std::vector<Value> rows_of(const json::Document& document, std::string_view noun) {
  std::vector<Value> rows;
  const Value root = document.root();
  if (const auto list = root.kind() == Kind::object ? root.find(noun) : std::nullopt) {
    (void)list->each_element([&rows](Value row) -> Status {
      rows.push_back(row);
      return {};
    });
  }
  return rows;
}

std::string table(const std::vector<Column>& columns, const std::vector<Value>& rows) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].push_back(column.title);
  for (const Value row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const Column& column : columns) line.push_back(text_of(column, row));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - width(line[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string card(const std::vector<Column>& lines, Value value) {
  std::size_t longest = 0;
  for (const Column& line : lines) longest = std::max(longest, line.title.size());
  std::string text;
  for (const Column& line : lines) {
    const std::string shown = text_of(line, value);
    if (shown.empty()) continue;
    text.append(line.title).append(":").append(longest - line.title.size() + 2, ' ').append(shown).append("\n");
  }
  return text;
}

std::string human_bytes(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text;
}

Output::Output(Format format, bool quiet) : format_(format), quiet_(quiet) {
  if (format_ == Format::automatic) format_ = ::isatty(STDOUT_FILENO) != 0 ? Format::table : Format::json;
}

void Output::print(Value whole, const std::function<std::string()>& text) const {
  std::string out;
  switch (format_) {
    case Format::json:
      out = whole.raw() + "\n";
      break;
    case Format::yaml:
      out = yaml::from_json(whole);
      break;
    default:
      out = text();
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void Output::remark(std::string_view text) const {
  if (quiet_) return;
  const std::string line = std::string(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace souk::cli
