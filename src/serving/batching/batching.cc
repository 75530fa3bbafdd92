// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/batching.h"

#include <algorithm>

namespace souk::serving {

namespace {

constexpr std::int64_t kMostRows = 65'536;
constexpr std::int64_t kMostWaiting = 1'000'000;
constexpr std::int64_t kLongestDelay = 10'000'000;       // µs
constexpr std::int64_t kLongestTimeout = 3'600'000'000;  // µs
constexpr std::int64_t kMostLevels = 100;

using Number = std::optional<std::int64_t>;
struct DeclaredBatching {
  Number max_batch_size;
  std::optional<std::vector<std::int64_t>> preferred_batch_size;
  Number max_queue_delay_microseconds, max_queue_size, queue_timeout_microseconds;
  Number priority_levels, default_priority_level;

  Batching complete() const {
    const Batching usual;
    return {.max_batch_size = max_batch_size.value_or(usual.max_batch_size),
            .preferred_batch_size = preferred_batch_size.value_or(usual.preferred_batch_size),
            .max_queue_delay_microseconds = max_queue_delay_microseconds.value_or(usual.max_queue_delay_microseconds),
            .max_queue_size = max_queue_size,
            .queue_timeout_microseconds = queue_timeout_microseconds.value_or(usual.queue_timeout_microseconds),
            .priority_levels = priority_levels.value_or(usual.priority_levels),
            .default_priority_level = default_priority_level.value_or(usual.default_priority_level)};
  }
};
BOOST_DESCRIBE_STRUCT(DeclaredBatching, (),
                      (max_batch_size, preferred_batch_size, max_queue_delay_microseconds, max_queue_size,
                       queue_timeout_microseconds, priority_levels, default_priority_level))
struct Declared {
  std::optional<json::Raw> batching;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (batching))

// What the version declares; souk.yaml has other things in it. Errors: invalid_argument with `field`
Result<Batching> declared_in(const json::Raw& declaration) {
  auto declared = SOUK_TRY(json::read<Declared>(declaration.text, json::UnknownFields::ignore));
  if (!declared.batching) return Batching{};
  auto batching = json::read<DeclaredBatching>(declared.batching->text, json::UnknownFields::refuse);
  if (batching) return batching->complete();
  const std::string field = batching.error().field;
  return std::move(batching.error()).at(field.empty() ? "batching" : "batching." + field);
}

Status check_batched(std::string_view side, const std::vector<registry::TensorSpec>& specs) {
  for (const registry::TensorSpec& spec : specs) {
    if (!spec.shape.empty() && spec.shape[0] < 0) continue;
    return invalid_argument("batching.max_batch_size over 1 needs a dynamic first dimension in every tensor; " +
                            std::string(side) + " \"" + spec.name + "\" has none")
        .at("batching.max_batch_size");
  }
  return {};
}

Status check_bounds(std::string_view name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return {};
  std::string field = "batching." + std::string(name);
  return invalid_argument(field + ": is " + std::to_string(value) + "; " + std::to_string(least) + " to " +
                          std::to_string(most) + " is allowed")
      .at(std::move(field));
}

Status check_all(const Batching& b) {
  SOUK_TRY(check_bounds("max_batch_size", b.max_batch_size, 1, kMostRows));
  for (std::int64_t size : b.preferred_batch_size) {
    SOUK_TRY(check_bounds("preferred_batch_size", size, 1, b.max_batch_size));
  }
  SOUK_TRY(check_bounds("max_queue_delay_microseconds", b.max_queue_delay_microseconds, 0, kLongestDelay));
  SOUK_TRY(check_bounds("max_queue_size", b.max_queue_size.value_or(1), 1, kMostWaiting));
  SOUK_TRY(check_bounds("queue_timeout_microseconds", b.queue_timeout_microseconds, 0, kLongestTimeout));
  SOUK_TRY(check_bounds("priority_levels", b.priority_levels, 0, kMostLevels));
  return check_bounds("default_priority_level", b.default_priority_level, 0, b.priority_levels);
}

}  // namespace

std::int64_t Batching::worth_running() const {
  return preferred_batch_size.empty() ? max_batch_size : std::ranges::max(preferred_batch_size);
}

std::int64_t Batching::next_size(std::int64_t waiting_rows) const {
  std::int64_t best = 0;
  for (std::int64_t size : preferred_batch_size) {
    if (size <= waiting_rows) best = std::max(best, size);
  }
  return best > 0 ? best : max_batch_size;
}

std::int64_t Batching::level_of(std::uint64_t wanted) const {
  if (priority_levels == 0) return 0;
  if (wanted > 0) return static_cast<std::int64_t>(std::min(wanted, static_cast<std::uint64_t>(priority_levels)));
  return default_priority_level > 0 ? default_priority_level : (priority_levels + 1) / 2;
}

Result<Batching> batching_of(const std::optional<json::Raw>& declaration, const registry::Signature& signature) {
  if (!declaration) return Batching{};
  auto batching = declared_in(*declaration);
  if (!batching) {
    batching.error().message = batching.error().field + ": " + batching.error().message;
    return batching;
  }
  SOUK_TRY(check(*batching, signature));
  return batching;
}

Status check(const Batching& batching, const registry::Signature& signature) {
  SOUK_TRY(check_all(batching));
  if (batching.max_batch_size == 1) return {};
  SOUK_TRY(check_batched("input", signature.inputs));
  return check_batched("output", signature.outputs);
}

}  // namespace souk::serving
