// SPDX-License-Identifier: Apache-2.0
#include "api/oci/ranges.h"

#include <algorithm>
#include <charconv>

namespace souk::api::oci {

namespace {

// Digits only; more than fit are as many as fit.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Error nothing_there(std::string_view value, std::uint64_t size) {
  return out_of_range("the range " + std::string(value.substr(0, 100)) + " lies outside the " + std::to_string(size) +
                      " bytes");
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view value, std::uint64_t size) {
  std::optional<ByteRange> whole;
  std::string_view set = trim(value);
  if (set.size() < 6 ||
      !std::equal(set.begin(), set.begin() + 6, "bytes=", [](char a, char b) { return (a | 32) == (b | 32); })) {
    return whole;
  }
  set = trim(set.substr(6));
  std::size_t dash = set.find('-');
  if (dash == std::string_view::npos || set.find(',') != std::string_view::npos) return whole;
  std::string_view from = trim(set.substr(0, dash)), to = trim(set.substr(dash + 1));
  std::optional<std::uint64_t> first = parse_number(from), last = parse_number(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (from.empty() && to.empty())) return whole;
  if (from.empty()) {
    if (*last == 0 || size == 0) return nothing_there(value, size);
    std::uint64_t count = std::min(*last, size);
    return std::optional(ByteRange{size - count, count});
  }
  if (last && *last < *first) return whole;
  if (*first >= size) return nothing_there(value, size);
  return std::optional(ByteRange{*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1});
}

Result<ByteRange> parse_chunk_range(std::string_view value) {
  std::string_view text = trim(value);
  if (text.starts_with("bytes ")) text = trim(text.substr(6));
  text = text.substr(0, text.find('/'));
  std::size_t dash = text.find('-');
  std::optional<std::uint64_t> first, last;
  if (dash != std::string_view::npos) {
    first = parse_number(text.substr(0, dash));
    last = parse_number(text.substr(dash + 1));
  }
  if (!first || !last || *last < *first || *last == UINT64_MAX) {
    return invalid_argument("Content-Range is '" + std::string(value.substr(0, 100)) + "', not FIRST-LAST")
        .at("Content-Range");
  }
  return ByteRange{*first, *last - *first + 1};
}

}  // namespace souk::api::oci
