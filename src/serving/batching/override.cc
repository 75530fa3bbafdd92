// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/override.h"

#include <algorithm>

namespace souk::serving {

namespace {

template <class T>
void take(std::optional<T>& into, const json::Patch<T>& patch) {
  if (patch.is_null()) into.reset();
  if (patch.has_value()) into = patch.value;
}

}  // namespace

BatchingOverride override_of(const json::Raw& text) {
  if (text.text == "{}") return {};
  auto read = json::read<BatchingOverride>(text.text, json::UnknownFields::ignore);
  return read ? std::move(*read) : BatchingOverride();
}

json::Raw patched(const json::Raw& text, const BatchingPatch& patch) {
  BatchingOverride o = override_of(text);
  take(o.max_batch_size, patch.max_batch_size);
  take(o.preferred_batch_size, patch.preferred_batch_size);
  take(o.max_queue_delay_microseconds, patch.max_queue_delay_microseconds);
  take(o.max_queue_size, patch.max_queue_size);
  take(o.queue_timeout_microseconds, patch.queue_timeout_microseconds);
  take(o.priority_levels, patch.priority_levels);
  take(o.default_priority_level, patch.default_priority_level);
  return json::Raw{json::write(o)};
}

Result<Batching> overridden(Batching b, const BatchingOverride& said, const registry::Signature& signature) {
  if (said.max_batch_size) {
    b.max_batch_size = *said.max_batch_size;
    // Sizes that the version prefers and that no longer fit are not meant.
    std::erase_if(b.preferred_batch_size, [&](std::int64_t size) { return size > b.max_batch_size; });
  }
  if (said.preferred_batch_size) b.preferred_batch_size = *said.preferred_batch_size;
  if (said.max_queue_delay_microseconds) b.max_queue_delay_microseconds = *said.max_queue_delay_microseconds;
  if (said.max_queue_size) b.max_queue_size = *said.max_queue_size;
  if (said.queue_timeout_microseconds) b.queue_timeout_microseconds = *said.queue_timeout_microseconds;
  if (said.priority_levels) {
    b.priority_levels = *said.priority_levels;
    b.default_priority_level = std::min(b.default_priority_level, b.priority_levels);
  }
  if (said.default_priority_level) b.default_priority_level = *said.default_priority_level;
  SOUK_TRY(check(b, signature));
  return b;
}

}  // namespace souk::serving
