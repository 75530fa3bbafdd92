// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"
#include "store/value_check.h"

namespace souk::store {

namespace detail {

std::string_view kind_of(const Value& value) {
  switch (value.index()) {
    case 0:
      return "null";
    case 1:
      return "an integer";
    case 2:
      return "a double";
    case 3:
      return "text";
    default:
      return "bytes";
  }
}

Error wrong_kind(std::string_view wanted, const Value& got) {
  return internal("expected " + std::string(wanted) + ", the database gave " + std::string(kind_of(got)));
}

Error wrong_column_count(std::size_t got, std::size_t wanted) {
  return internal("a statement gives " + std::to_string(got) + " columns where " + std::to_string(wanted) +
                  " are read");
}

Status take_columns(std::vector<Value>&& row, void* out, std::span<const Column> columns) {
  if (row.size() != columns.size()) return wrong_column_count(row.size(), columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (Status taken = columns[i].take(std::move(row[i]), out); !taken) {
      return internal("column " + std::string(columns[i].name) + " cannot be read").because(std::move(taken).error());
    }
  }
  return {};
}

std::string column_list(std::string_view prefix, std::span<const Column> columns) {
  std::string out;
  for (const Column& column : columns) {
    if (!out.empty()) out += ", ";
    if (!prefix.empty()) out.append(prefix).append(".");
    out += column.name;
  }
  return out;
}

Error out_of_bounds(std::int64_t value) {
  return internal("the database gave " + std::to_string(value) + ", which the field cannot hold");
}

Error unknown_enumerator(std::string_view name) {
  return internal("the database gave \"" + std::string(name) + "\", which is no value of its enum");
}

}  // namespace detail

namespace {

// The length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
  const unsigned lead = byte(at), next = byte(at + 1);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return next >= low && next <= high && tail(at + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return next >= low && next <= high && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word;
    if (at + sizeof word <= text.size()) {
      __builtin_memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        at += sizeof word;
        continue;
      }
    }
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

Status check_values(std::span<const Value> values) {
  for (const Value& value : values) {
    if (const auto* number = std::get_if<double>(&value)) {
      if (*number != *number) return invalid_argument("a number is NaN, which the database cannot keep");
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      if (text->find('\0') != std::string::npos) {
        return invalid_argument("a text contains the character NUL (U+0000), which the database cannot keep");
      }
      if (!is_utf8(*text)) return invalid_argument("a text is not valid UTF-8");
    }
  }
  return {};
}

}  // namespace souk::store
