// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/capacity.h"

#include <array>
#include <cstdio>

#include "serving/capacity/concurrency.h"

namespace souk::serving {

namespace {

constexpr std::int64_t kShortest = 1'000;
constexpr std::int64_t kLongest = 30ll * 86'400'000;

template <class T>
void take(std::optional<T>& into, const json::Patch<T>& patch) {
  if (patch.is_null()) into.reset();
  if (patch.has_value()) into = patch.value;
}

Status check_count(const char* field, const std::optional<std::int64_t>& count, std::int64_t most) {
  if (!count || (*count >= 1 && *count <= most)) return {};
  return invalid_argument("is a number from 1 to " + std::to_string(most) + "; null: as the version says").at(field);
}

}  // namespace

Capacity capacity_of(const json::Raw& text) {
  if (text.text == "{}") return {};
  auto read = json::read<Capacity>(text.text, json::UnknownFields::ignore);
  return read ? *read : Capacity();
}

Result<json::Raw> patched(const json::Raw& text, const CapacityPatch& patch) {
  Capacity c = capacity_of(text);
  take(c.pinned, patch.pinned);
  take(c.scale_to_zero_after_ms, patch.scale_to_zero_after_ms);
  take(c.sessions, patch.sessions);
  take(c.threads, patch.threads);
  SOUK_TRY(check_count("capacity.sessions", c.sessions, kMostSessions));
  SOUK_TRY(check_count("capacity.threads", c.threads, kMostThreads));
  if (c.sessions.value_or(1) * c.threads.value_or(1) > kMostThreads) {
    return invalid_argument("with that many sessions it is more than the " + std::to_string(kMostThreads) +
                            " threads that one model may have")
        .at("capacity.threads");
  }
  if (c.scale_to_zero_after_ms && (*c.scale_to_zero_after_ms < kShortest || *c.scale_to_zero_after_ms > kLongest)) {
    return invalid_argument("is a number of milliseconds from 1,000 (a second) to 30 days; null: never")
        .at("capacity.scale_to_zero_after_ms");
  }
  if (c.pinned.value_or(false) && c.scale_to_zero_after_ms) {
    return invalid_argument("what is pinned stays loaded; it cannot be unloaded when idle")
        .at("capacity.scale_to_zero_after_ms")
        .advise("pin it, or let it scale to zero");
  }
  return json::Raw{json::write(c)};
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", size, kUnits[unit]);
  return text;
}

}  // namespace souk::serving
