// SPDX-License-Identifier: Apache-2.0
#include "tasks/vision.h"

#include "base/digest.h"

namespace souk::tasks {

namespace {

Result<std::optional<std::string_view>> find_text(json::Value data, std::string_view key) {
  std::optional<json::Value> value = data.find(key);
  if (!value || value->kind() == json::Kind::null) return std::nullopt;
  if (value->kind() != json::Kind::string) {
    return invalid_argument("expected a string, got " + std::string(value->kind_name())).at(std::string(key));
  }
  return value->string();
}

// What follows "data:image/png;base64,"; a text that is no data URL is left as it is.
Result<std::string_view> without_data_url(std::string_view text) {
  if (!text.starts_with("data:")) return text;
  std::size_t comma = text.find(',');
  if (comma == std::string_view::npos || !text.substr(0, comma).ends_with(";base64")) {
    return invalid_argument("a data URL must be \"data:<media type>;base64,…\"").at("image-base64");
  }
  return text.substr(comma + 1);
}

}  // namespace

Result<std::string> read_vision(const json::Raw& data) {
  json::Document document = SOUK_TRY(json::Document::parse(data.text));
  json::Value root = document.root();
  if (root.kind() != json::Kind::object) {
    return invalid_argument("expected an object like {\"type\": \"image-base64\", \"image-base64\": \"…\"}, got " +
                            std::string(root.kind_name()));
  }
  auto type = SOUK_TRY(find_text(root, "type"));
  auto base64 = SOUK_TRY(find_text(root, "image-base64"));
  auto url = SOUK_TRY(find_text(root, "image-url"));
  if (type && *type != "image-base64" && *type != "image-url") {
    return invalid_argument("expected \"image-base64\", got \"" + std::string(type->substr(0, 40)) + "\"").at("type");
  }
  if ((type && *type == "image-url") || (!base64 && url)) {
    return invalid_argument("this server fetches no image-url: send the file's bytes as image-base64").at("image-url");
  }
  if (!base64) return invalid_argument("the file's bytes are missing").at("image-base64");
  std::string_view text = SOUK_TRY(without_data_url(*base64));
  auto bytes = from_base64(text);
  if (!bytes) return std::move(bytes.error()).at("image-base64");
  if (bytes->empty()) return invalid_argument("the image is empty").at("image-base64");
  return std::move(*bytes);
}

}  // namespace souk::tasks
