// SPDX-License-Identifier: Apache-2.0
//
// The written forms of settings' values: durations and sizes, both ways.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk::settings {

// "250ms", "30s", "5m", "2h", "7d"; a bare number only when it is 0.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// In the largest unit that needs no fraction.
std::string format_duration(std::chrono::milliseconds value);

// "512", "64KiB", "10MiB", "2GiB", "1TiB"
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

}  // namespace souk::settings
