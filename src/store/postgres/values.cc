// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/values.h"

#include <libpq-fe.h>

#include <charconv>
#include <limits>

namespace souk::store {

namespace {

// pg_type.dat
enum Oid_ : unsigned {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kOid = 26,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
  kXid8 = 5069,
};

template <class T>
std::string digits(T number) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

std::string double_text(double number) {
  if (number == std::numeric_limits<double>::infinity()) return "Infinity";
  if (number == -std::numeric_limits<double>::infinity()) return "-Infinity";
  return digits(number + 0.0);
}

double double_of(std::string_view text) {
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int hex_digit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

// "\x00ff…" (bytea_output = hex, the default)
Blob bytes_of(std::string_view text) {
  Blob out;
  if (!text.starts_with("\\x")) return out;
  out.bytes.reserve(text.size() / 2 - 1);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    out.bytes += static_cast<char>(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
  }
  return out;
}

Value number_of(std::string_view text) {
  std::int64_t whole = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (failed == std::errc() && end == text.data() + text.size()) return whole;
  return double_of(text);
}

Value value_of(unsigned type, std::string_view text) {
  switch (type) {
    case kBool:
      return std::int64_t{text == "t"};
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kNumeric:  // sum() of integers
    case kXid8:
      return number_of(text);
    case kFloat4:
    case kFloat8:
      return double_of(text);
    case kBytea:
      return bytes_of(text);
    default:
      return std::string(text);
  }
}

}  // namespace

unsigned type_of(const Value& value) {
  switch (value.index()) {
    case 1:
      return kInt8;
    case 2:
      return kFloat8;
    case 4:
      return kBytea;
    default:
      return 0;
  }
}

Rows rows_of(const pg_result* result) {
  Rows out;
  const int rows = PQntuples(result), columns = PQnfields(result);
  std::vector<unsigned> types;
  for (int column = 0; column < columns; ++column) types.push_back(PQftype(result, column));
  out.rows.resize(static_cast<std::size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    auto& values = out.rows[static_cast<std::size_t>(row)];
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column)) {
        values.emplace_back(nullptr);
        continue;
      }
      const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
      values.push_back(value_of(types[static_cast<std::size_t>(column)], {PQgetvalue(result, row, column), size}));
    }
  }
  const std::string_view affected = PQcmdTuples(const_cast<pg_result*>(result));
  std::from_chars(affected.data(), affected.data() + affected.size(), out.affected);
  return out;
}

WireValues::WireValues(std::span<const Value> parameters) {
  texts_.reserve(parameters.size());  // their addresses stay
  for (const Value& value : parameters) {
    const std::string* text = nullptr;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) text = &texts_.emplace_back(digits(*whole));
    if (const auto* number = std::get_if<double>(&value)) text = &texts_.emplace_back(double_text(*number));
    if (const auto* string = std::get_if<std::string>(&value)) text = string;
    if (const auto* blob = std::get_if<Blob>(&value)) text = &blob->bytes;
    values_.push_back(text == nullptr ? nullptr : text->data());
    lengths_.push_back(text == nullptr ? 0 : static_cast<int>(text->size()));
    formats_.push_back(std::holds_alternative<Blob>(value) ? 1 : 0);
  }
}

}  // namespace souk::store
