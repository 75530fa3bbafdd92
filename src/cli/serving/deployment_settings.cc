// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/deployment_settings.h"

#include <charconv>

#include "cli/serving/strategy_options.h"

namespace souk::cli {

namespace {

// "500us", "2ms", "1s" as microseconds.
Result<std::int64_t> microseconds_of(const std::string& text) {
  if (!text.ends_with("us")) return SOUK_TRY(milliseconds_of(text)) * 1000;
  std::int64_t micros = 0;
  const char* const end = text.data() + text.size() - 2;
  const auto [at, fault] = std::from_chars(text.data(), end, micros);
  if (fault == std::errc() && at == end) return micros;
  return invalid_argument("\"" + text + "\" is no duration").advise("write 500us, 2ms or 1s");
}

// A number, or "usual"; empty: not given.
Status write_count(json::Writer& writer, const std::string& name, const std::string& text) {
  if (text.empty()) return {};
  writer.key(name);
  if (text == "usual") {
    writer.null();
    return {};
  }
  std::int64_t count = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc() || at != text.data() + text.size()) {
    return invalid_argument("--" + name + " is \"" + text + "\"").advise("give a number, or usual");
  }
  writer.value(count);
  return {};
}

}  // namespace

Result<std::optional<json::Raw>> capacity_json(const DeploymentSettings& settings) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  if (settings.pinned || settings.no_pinned) {
    writer.key("pinned");
    writer.value(settings.pinned);
  }
  if (settings.scale_to_zero == "never") {
    writer.key("scale_to_zero_after_ms");
    writer.null();
  } else if (!settings.scale_to_zero.empty()) {
    const std::int64_t after = SOUK_TRY(milliseconds_of(settings.scale_to_zero));
    writer.key("scale_to_zero_after_ms");
    writer.value(after);
  }
  SOUK_TRY(write_count(writer, "sessions", settings.sessions));
  SOUK_TRY(write_count(writer, "threads", settings.threads));
  writer.end_object();
  if (text == "{}") return std::optional<json::Raw>();
  return std::optional(json::Raw{std::move(text)});
}

Result<std::optional<json::Raw>> batching_json(const DeploymentSettings& settings) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  const auto number = [&](const char* name, std::int64_t value) {
    if (value < 0) return;
    writer.key(name);
    writer.value(value);
  };
  number("max_batch_size", settings.max_batch_size);
  if (!settings.preferred_batch_size.empty()) {
    writer.key("preferred_batch_size");
    writer.begin_array();
    for (const std::int64_t size : settings.preferred_batch_size) writer.value(size);
    writer.end_array();
  }
  number("max_queue_size", settings.max_queue_size);
  if (!settings.max_queue_delay.empty()) {
    number("max_queue_delay_microseconds", SOUK_TRY(microseconds_of(settings.max_queue_delay)));
  }
  if (!settings.queue_timeout.empty()) {
    number("queue_timeout_microseconds", SOUK_TRY(microseconds_of(settings.queue_timeout)));
  }
  number("priority_levels", settings.priority_levels);
  number("default_priority_level", settings.default_priority_level);
  writer.end_object();
  if (settings.usual_batching) return std::optional(json::Raw{"null"});
  if (text == "{}") return std::optional<json::Raw>();
  return std::optional(json::Raw{std::move(text)});
}

}  // namespace souk::cli
