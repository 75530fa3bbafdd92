// SPDX-License-Identifier: Apache-2.0
//
// Where versions of a model may come from, and what the configuration of each says. Inside the door only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace souk::api::instill {

struct Setting {
  std::string_view name;
  std::string_view help;
  bool required = false;
};
struct Definition {
  std::string_view id, uid, title, documentation_url;
  std::span<const Setting> settings;  // all of them texts
};

std::span<const Definition> definitions();
// By "model-definitions/ID", ID or uid. Errors: invalid_argument
Result<const Definition*> find_definition(std::string_view name);
// Errors: invalid_argument, with the field
Status check_configuration(const Definition& definition, const json::Raw& configuration);
// The JSON Schema that check_configuration keeps to.
json::Raw schema_of(const Definition& definition);

}  // namespace souk::api::instill
