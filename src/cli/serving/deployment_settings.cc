// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/deployment_settings.h"

#include "cli/serving/strategy_options.h"

namespace souk::cli {

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
  writer.end_object();
  if (text == "{}") return std::optional<json::Raw>();
  return std::optional(json::Raw{std::move(text)});
}

}  // namespace souk::cli
