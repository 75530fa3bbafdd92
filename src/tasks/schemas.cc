// SPDX-License-Identifier: Apache-2.0
#include "tasks/schemas.h"

namespace souk::tasks {
namespace {

constexpr std::string_view kImage =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"data":{"type":"object","properties":{"type":{"const":"image-base64"},"image-base64":{"type":"string","description":"A PNG or JPEG in base64, or a data URL of it"}},"required":["type","image-base64"]}},"required":["data"]})";
constexpr std::string_view kClassification =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"data":{"type":"object","properties":{"category":{"type":"string","description":"The most likely one"},"score":{"type":"number","description":"Of that category"},"scores":{"type":"array","description":"Of every category, in the order of the labels","items":{"type":"object","properties":{"category":{"type":"string"},"score":{"type":"number"}},"required":["category","score"]}}},"required":["category","score"]}},"required":["data"]})";

}  // namespace

std::optional<TaskSchemas> schemas_of(std::string_view task) {
  if (task == "CLASSIFICATION") return TaskSchemas{kImage, kClassification};
  return std::nullopt;
}

}  // namespace souk::tasks
