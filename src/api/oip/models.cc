// SPDX-License-Identifier: Apache-2.0
#include "api/oip/models.h"

#include <charconv>

#include "access/access.h"

namespace souk::api::oip {

ServerMetadata server_metadata(std::string_view version) {
  return {.version = std::string(version), .extensions = {"binary_tensor_data", "classification", "parameters"}};
}

ModelMetadata model_metadata(std::string_view name, const serving::Target& target) {
  return {std::string(name),
          {std::to_string(target.revision)},
          target.platform,
          target.signature.inputs,
          target.signature.outputs};
}

Result<std::int64_t> revision_of(std::string_view text) {
  if (text.empty()) return 0;
  std::int64_t revision = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (fault == std::errc() && end == text.data() + text.size() && revision > 0) return revision;
  return not_found("a model version is the number of a revision; " + access::as_shown(text) + " is none");
}

Result<bool> is_ready(serving::Serving& serving, const access::Call& call, std::string_view name,
                      std::string_view version) {
  auto pinned = serving.pin(call, name, SOUK_TRY(revision_of(version)), access::Role::READER);
  if (pinned) return true;
  Code code = pinned.error().code;
  if (code == Code::unavailable || code == Code::failed_precondition) return false;
  return std::move(pinned.error());
}

}  // namespace souk::api::oip
