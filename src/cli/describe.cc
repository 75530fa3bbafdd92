// SPDX-License-Identifier: Apache-2.0
#include "cli/describe.h"

#include <charconv>

#include "cli/output.h"

namespace souk::cli {

std::string model_path(const Reference& reference) {
  return api_path({"namespaces", reference.namespace_, "models", reference.model});
}

std::string deployment_path(const Name& name) {
  return api_path({"namespaces", name.namespace_, "deployments", name.slug});
}

std::string version_path(const Reference& reference, std::int64_t number) {
  return model_path(reference) + "/versions/" + std::to_string(number);
}

std::int64_t integer_at(json::Value value, std::string_view path, std::int64_t fallback) {
  const std::string text = cell(value, path);
  std::int64_t number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

namespace {

Error no_version(const Reference& reference, const std::string& what) {
  return not_found("model " + reference.model_name() + " has no " + what)
      .advise("souk version list " + reference.model_name());
}

Result<std::int64_t> version_of_alias(Remote& remote, const Reference& reference) {
  const json::Document document = SOUK_TRY(remote.get(model_path(reference) + "/aliases"));
  std::int64_t number = 0;
  for (const json::Value alias : rows_of(document, "aliases")) {
    if (cell(alias, "name") == reference.alias) number = integer_at(alias, "version", 0);
  }
  if (number == 0) return no_version(reference, "alias " + reference.alias);
  return number;
}

Result<std::int64_t> version_of_digest(Remote& remote, const Reference& reference) {
  const json::Document document = SOUK_TRY(remote.list(model_path(reference) + "/versions", "versions"));
  std::int64_t number = 0;
  for (const json::Value version : rows_of(document, "versions")) {
    if (number == 0 && cell(version, "digest") == reference.digest->string()) {
      number = integer_at(version, "number", 0);
    }
  }
  if (number == 0) return no_version(reference, "version with the digest " + reference.digest->string());
  return number;
}

}  // namespace

Result<std::int64_t> resolve_version(Remote& remote, const Reference& reference) {
  if (!reference.alias.empty()) return version_of_alias(remote, reference);
  if (reference.digest) return version_of_digest(remote, reference);
  const std::string name = reference.tag.empty() ? "latest" : reference.tag;
  const json::Document document =
      SOUK_TRY(remote.get(model_path(reference) + "/versions/" + net::encode_path_segment(name)));
  const std::int64_t number = integer_at(document.root(), "number", 0);
  if (number == 0) return no_version(reference, "version " + name);
  return number;
}

}  // namespace souk::cli
