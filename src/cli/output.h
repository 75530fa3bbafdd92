// SPDX-License-Identifier: Apache-2.0
//
// What a command prints on stdout: a table for people, JSON for programs, YAML on demand. Text that came from
// elsewhere is shown without control characters, so that no name can steer a terminal.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace souk::cli {

enum class Format { automatic, table, json, yaml };

struct Column {
  std::string title;
  std::string path;  // of the member: "latest_version.number"; an array's elements are joined by ", "
  // Instead of the path.
  std::function<std::string(json::Value row)> text = {};
};

// The member at a dotted path as text for people; empty when absent or null.
std::string cell(json::Value value, std::string_view path);
std::string printable(std::string_view text);
// The elements of a list's answer, {"<noun>": […]}; none when it has none.
std::vector<json::Value> rows_of(const json::Document& document, std::string_view noun);
// Columns are as wide as their widest cell; the last is not padded.
std::string table(const std::vector<Column>& columns, const std::vector<json::Value>& rows);
// "Title:  value" lines; those without a value are left out.
std::string card(const std::vector<Column>& lines, json::Value value);
std::string human_bytes(double bytes);

class Output {
 public:
  // `automatic` is a table on a terminal, else JSON.
  Output(Format format, bool quiet);

  bool for_people() const { return format_ == Format::table; }
  bool quiet() const { return quiet_; }
  // JSON or YAML of the whole, or the text.
  void print(json::Value whole, const std::function<std::string()>& text) const;
  // A remark to people on stderr; nothing under --quiet.
  void remark(std::string_view text) const;

 private:
  Format format_;
  bool quiet_;
};

}  // namespace souk::cli
