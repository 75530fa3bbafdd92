// SPDX-License-Identifier: Apache-2.0
//
// Instill's Model as a registered model shows it. What the registry has no place of its own for lies in the model's
// custom properties, under the messages' field names, and shows through every other door as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/instill/instill.h"

namespace souk::api::instill {

struct Stats {
  std::int64_t number_of_runs = 0;
  std::optional<Time> last_run_time;
};
BOOST_DESCRIBE_STRUCT(Stats, (), (number_of_runs, last_run_time))
struct ModelPermission {
  bool can_edit = false, can_trigger = false;
};
BOOST_DESCRIBE_STRUCT(ModelPermission, (), (can_edit, can_trigger))

struct Model {
  std::string name, id, uid, display_name, slug;
  std::vector<std::string> aliases;  // none: the slug that a model had may be another's
  std::string description;
  Time create_time, update_time;
  std::string model_definition = "model-definitions/oci";
  std::optional<json::Raw> configuration;  // FULL only
  std::string task = "TASK_UNSPECIFIED";
  std::string visibility = "VISIBILITY_PRIVATE";
  ModelPermission permission;
  std::string region = "local", hardware = "CPU";
  std::optional<json::Raw> input_schema, output_schema;
  std::vector<std::string> tags, versions;
  Stats stats;
  std::string readme;
  std::optional<std::string> source_url, documentation_url, license, profile_image;
  std::string owner_name;
};
BOOST_DESCRIBE_STRUCT(Model, (),
                      (name, id, uid, display_name, slug, aliases, description, create_time, update_time,
                       model_definition, configuration, task, visibility, permission, region, hardware, input_schema,
                       output_schema, tags, versions, stats, readme, source_url, documentation_url, license,
                       profile_image, owner_name))
struct ModelAnswer {
  Model model;
};
BOOST_DESCRIBE_STRUCT(ModelAnswer, (), (model))

Result<Model> shape_model(const Rooms& rooms, const access::Call& call, const std::string& ns, ModelId id, bool full);

// All versions of one model, newest first.
Result<std::vector<registry::ModelVersion>> versions_of(const Rooms& rooms, const registry::AuthorizedModel& model);

struct Openness {
  bool open = false;             // everyone sees the model
  std::optional<GrantId> grant;  // by this one on the model; none: by one on what it is in
};
Result<Openness> openness_of(const Rooms& rooms, const registry::RegisteredModel& model);

}  // namespace souk::api::instill
