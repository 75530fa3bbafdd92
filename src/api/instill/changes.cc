// SPDX-License-Identifier: Apache-2.0
//
// Creating, changing, renaming and deleting models and versions.
#include <algorithm>
#include <array>

#include "access/people/people.h"
#include "api/bind.h"
#include "api/instill/definitions.h"
#include "api/instill/model_shape.h"
#include "api/instill/shapes.h"

namespace souk::api::instill {
namespace {

// Absent fields are left as they are.
struct ModelBody {
  std::optional<std::string> id, slug, display_name, description, model_definition, task, visibility, region, hardware,
      readme, source_url, documentation_url, license, profile_image;
  std::optional<json::Raw> configuration;
  std::optional<std::vector<std::string>> tags;
};
BOOST_DESCRIBE_STRUCT(ModelBody, (),
                      (id, slug, display_name, description, model_definition, task, visibility, region, hardware,
                       readme, source_url, documentation_url, license, profile_image, configuration, tags))

// What goes into the model's custom properties.
struct Properties {
  std::optional<std::string> model_definition, task, region, hardware, source_url, documentation_url, license,
      profile_image;
  std::optional<json::Raw> configuration;
};
BOOST_DESCRIBE_STRUCT(Properties, (),
                      (model_definition, task, region, hardware, source_url, documentation_url, license, profile_image,
                       configuration))

struct Rename {
  std::optional<std::string> new_model_id;
};
BOOST_DESCRIBE_STRUCT(Rename, (), (new_model_id))
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

constexpr std::array<std::string_view, 12> kTasks{"TASK_UNSPECIFIED", "TASK_CLASSIFICATION",
                                                  "TASK_DETECTION",   "TASK_KEYPOINT",
                                                  "TASK_OCR",         "TASK_SEMANTIC_SEGMENTATION",
                                                  "TASK_EMBEDDING",   "TASK_INSTANCE_SEGMENTATION",
                                                  "TASK_CHAT",        "TASK_COMPLETION",
                                                  "TASK_CUSTOM",      "TASK_TEXT_TO_IMAGE"};

Result<ModelBody> read_body(const Exchange& exchange) {
  const std::string snake = SOUK_TRY(snake_keys(SOUK_TRY(api::detail::json_body(exchange))));
  return json::read<ModelBody>(snake, json::UnknownFields::ignore);
}

Error not_one_of(std::string_view field, std::string_view got, std::string_view wanted) {
  return invalid_argument(std::string(field) + " is " + access::as_shown(got) + "; " + std::string(wanted) +
                          " is expected")
      .at(std::string(field));
}

Result<std::optional<bool>> is_public(const std::optional<std::string>& visibility) {
  if (!visibility || *visibility == "VISIBILITY_UNSPECIFIED") return std::optional<bool>();
  if (*visibility == "VISIBILITY_PUBLIC") return std::optional(true);
  if (*visibility == "VISIBILITY_PRIVATE") return std::optional(false);
  return not_one_of("visibility", *visibility, "VISIBILITY_PRIVATE or VISIBILITY_PUBLIC");
}

Status check_values(const ModelBody& body) {
  if (body.task && std::ranges::find(kTasks, *body.task) == kTasks.end())
    return not_one_of("task", *body.task, "a task such as TASK_CLASSIFICATION");
  if (body.region && !body.region->empty() && *body.region != "local")
    return not_one_of("region", *body.region, "local");
  if (body.hardware && !body.hardware->empty() && *body.hardware != "CPU")
    return not_one_of("hardware", *body.hardware, "CPU");
  return {};
}

json::Raw tags_of(const std::vector<std::string>& tags) {
  std::map<std::string, std::string> out;
  for (const std::string& tag : tags) out[tag];
  return {json::write(out)};
}

json::Raw properties_of(const ModelBody& body) {
  Properties out{body.model_definition,  body.task,    body.region,        body.hardware,     body.source_url,
                 body.documentation_url, body.license, body.profile_image, body.configuration};
  return {json::write(out)};
}

// Everyone may call it, or only those to whom it was granted.
Status set_visibility(const Rooms& rooms, const access::Call& call, const registry::RegisteredModel& model, bool open) {
  access::People people(rooms.access);
  const Openness now = SOUK_TRY(openness_of(rooms, model));
  if (open == now.open) return {};
  if (open) {
    SOUK_TRY(people.grant(call, model.resource(), "everyone", access::Role::EXECUTOR));
    return {};
  }
  if (now.grant) return people.revoke_grant(call, model.resource(), *now.grant);
  return failed_precondition("model " + model.slug +
                             " is public because its namespace, or this server, is open to everyone")
      .at("visibility")
      .advise("take that grant to everyone back");
}

Result<ModelAnswer> create(const Rooms& rooms, const Exchange& exchange) {
  const access::Call& call = exchange.call;
  const std::string ns(exchange.parameter("ns"));
  ModelBody body = SOUK_TRY(read_body(exchange));
  const auto open = SOUK_TRY(is_public(body.visibility));
  // Before anything is there: who may not open it to everyone makes nothing.
  const auto space =
      SOUK_TRY(rooms.access.get_namespace(call, open.value_or(false) ? access::Role::ADMIN : access::Role::WRITER, ns));
  registry::NewModel wanted;
  wanted.slug = body.slug.value_or(body.id.value_or(""));
  wanted.name = body.display_name.value_or(wanted.slug);
  if (wanted.name.empty()) return invalid_argument("display_name is missing").at("display_name");
  if (!body.model_definition) return invalid_argument("model_definition is missing").at("model_definition");
  const Definition* definition = SOUK_TRY(find_definition(*body.model_definition));
  body.model_definition = "model-definitions/" + std::string(definition->id);
  if (!body.configuration) body.configuration = json::Raw{"{}"};
  SOUK_TRY(check_configuration(*definition, *body.configuration));
  SOUK_TRY(check_values(body));
  wanted.description = body.description.value_or("");
  wanted.readme = body.readme.value_or("");
  if (body.tags) wanted.tags = tags_of(*body.tags);
  wanted.custom_properties = properties_of(body);
  const registry::RegisteredModel made = SOUK_TRY(rooms.registry.create_model(call, space, std::move(wanted)));
  if (open.value_or(false)) SOUK_TRY(set_visibility(rooms, call, made, true));
  return ModelAnswer{SOUK_TRY(shape_model(rooms, call, ns, made.id, true))};
}

// What the mask does not name is left as it is.
Status apply_mask(const Exchange& exchange, ModelBody& body) {
  auto mask = SOUK_TRY(exchange.query("update_mask"));
  if (!mask) mask = SOUK_TRY(exchange.query("updateMask"));
  if (!mask || mask->empty()) return {};
  const auto named = [&](std::string_view field) {
    const std::string list = "," + *mask + ",";
    return list.find("," + std::string(field) + ",") != std::string::npos ||
           list.find(",model." + std::string(field) + ",") != std::string::npos;
  };
  using Members = boost::describe::describe_members<ModelBody, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!named(member.name)) (body.*member.pointer).reset();
  });
  return {};
}

// Fields that are said once: the same again is no change.
Status check_immutable(const ModelBody& body, const Model& now) {
  const auto check = [](const char* field, const std::optional<std::string>& given, const std::string& has) -> Status {
    if (!given || given->empty() || *given == has) return {};
    return invalid_argument(std::string(field) + " cannot be changed: it is " + has).at(field);
  };
  std::optional<std::string> definition = body.model_definition;
  if (definition) definition = "model-definitions/" + std::string(SOUK_TRY(find_definition(*definition))->id);
  SOUK_TRY(check("model_definition", definition, now.model_definition));
  if (now.task != "TASK_UNSPECIFIED") SOUK_TRY(check("task", body.task, now.task));
  SOUK_TRY(check("id", body.id, now.id));
  SOUK_TRY(check("slug", body.slug, now.slug));
  if (body.configuration && body.configuration->text != now.configuration.value_or(json::Raw{"{}"}).text) {
    return invalid_argument("configuration cannot be changed").at("configuration");
  }
  return {};
}

template <class T>
json::Patch<T> patch_of(std::optional<T> value) {
  json::Patch<T> out;
  if (!value) return out;
  out.state = json::Patch<T>::State::value;
  out.value = std::move(*value);
  return out;
}

// A merge patch: what is not named any more goes, what is there keeps its value.
json::Raw tags_patch(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  std::map<std::string, std::optional<std::string>> out;
  for (const std::string& tag : after) out[tag] = "";
  for (const std::string& tag : before) {
    if (!out.erase(tag)) out[tag] = std::nullopt;
  }
  return {json::write(out)};
}

Result<ModelAnswer> update(const Rooms& rooms, const Exchange& exchange) {
  const access::Call& call = exchange.call;
  const std::string ns(exchange.parameter("ns"));
  ModelBody body = SOUK_TRY(read_body(exchange));
  SOUK_TRY(apply_mask(exchange, body));
  const auto open = SOUK_TRY(is_public(body.visibility));
  const auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER, ns, exchange.parameter("model")));
  const Model before = SOUK_TRY(shape_model(rooms, call, ns, model->id, true));
  SOUK_TRY(check_immutable(body, before));
  SOUK_TRY(check_values(body));
  // Before anything is changed: who may not open it, or close it, changes nothing.
  const bool moves = open && *open != (before.visibility == "VISIBILITY_PUBLIC");
  if (moves) SOUK_TRY(rooms.registry.get_model(call, access::Role::ADMIN, model->id));
  registry::ModelPatch patch;
  patch.name = patch_of(body.display_name);
  patch.description = patch_of(body.description);
  patch.readme = patch_of(body.readme);
  if (body.tags) patch.tags = patch_of(std::optional(tags_patch(before.tags, *body.tags)));
  body.model_definition.reset();
  body.configuration.reset();
  if (const json::Raw properties = properties_of(body); properties.text != "{}") {
    patch.custom_properties = patch_of(std::optional(properties));
  }
  SOUK_TRY(rooms.registry.update_model(call, model, patch, std::nullopt));
  if (moves) SOUK_TRY(set_visibility(rooms, call, *model, *open));
  return ModelAnswer{SOUK_TRY(shape_model(rooms, call, ns, model->id, true))};
}

Result<ModelAnswer> rename(const Rooms& rooms, const Exchange& exchange) {
  const std::string ns(exchange.parameter("ns"));
  const std::string snake = SOUK_TRY(snake_keys(SOUK_TRY(api::detail::json_body(exchange))));
  const Rename wanted = SOUK_TRY(json::read<Rename>(snake, json::UnknownFields::ignore));
  if (!wanted.new_model_id || wanted.new_model_id->empty()) {
    return invalid_argument("new_model_id is missing").at("new_model_id");
  }
  const auto model =
      SOUK_TRY(rooms.registry.get_model(exchange.call, access::Role::WRITER, ns, exchange.parameter("model")));
  SOUK_TRY(rooms.registry.rename_model(exchange.call, model, *wanted.new_model_id));
  return ModelAnswer{SOUK_TRY(shape_model(rooms, exchange.call, ns, model->id, false))};
}

Result<NoContent> remove_model(const Rooms& rooms, const Exchange& exchange) {
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, access::Role::ADMIN, exchange.parameter("ns"),
                                                       exchange.parameter("model")));
  SOUK_TRY(rooms.registry.delete_model(exchange.call, model, std::nullopt));
  return NoContent{};
}

Result<NoContent> remove_version(const Rooms& rooms, const Exchange& exchange) {
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, access::Role::ADMIN, exchange.parameter("ns"),
                                                       exchange.parameter("model")));
  SOUK_TRY(rooms.registry.delete_version(exchange.call, model, exchange.parameter("version")));
  return NoContent{};
}

template <class F>
void add(RouteTable::Door& door, const Rooms& rooms, const char* method, const char* pattern, Permission needed,
         int status, F f) {
  Route route{method, pattern, needed, kUsual, Form::plain, nullptr, {}};
  route.unknown = json::UnknownFields::ignore;
  route.run = [&rooms, status, f](const ExchangePtr& exchange) {
    auto done = f(rooms, *exchange);
    if (!done) return exchange->fail(done.error());
    api::detail::answer_with(*exchange, status, *done);
  };
  door.add(std::move(route));
}

}  // namespace

void add_changes(RouteTable::Door& door, const Rooms& rooms) {
  add(door, rooms, "POST", "/v1alpha/namespaces/{ns}/models", kWriter, 201, create);
  add(door, rooms, "PATCH", "/v1alpha/namespaces/{ns}/models/{model}", kWriter, 200, update);
  add(door, rooms, "DELETE", "/v1alpha/namespaces/{ns}/models/{model}", kAdmin, 204, remove_model);
  add(door, rooms, "POST", "/v1alpha/namespaces/{ns}/models/{model}/rename", kWriter, 200, rename);
  add(door, rooms, "DELETE", "/v1alpha/namespaces/{ns}/models/{model}/versions/{version}", kAdmin, 204, remove_version);
}

}  // namespace souk::api::instill
