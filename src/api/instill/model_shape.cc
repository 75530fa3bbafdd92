// SPDX-License-Identifier: Apache-2.0
#include "api/instill/model_shape.h"

#include "access/people/people.h"
#include "tasks/schemas.h"

namespace souk::api::instill {
namespace {

constexpr std::string_view kTask = "TASK_";

std::string task_of(const registry::ModelVersion& version) {
  if (!version.signature) return "TASK_UNSPECIFIED";
  auto signature = json::read<registry::Signature>(version.signature->text, json::UnknownFields::ignore);
  return signature && signature->task ? "TASK_" + *signature->task : "TASK_UNSPECIFIED";
}

// What an Instill client said of the model.
struct Told {
  std::optional<std::string> model_definition, task, region, hardware, source_url, documentation_url, license,
      profile_image;
  std::optional<json::Raw> configuration;
};
BOOST_DESCRIBE_STRUCT(Told, (),
                      (model_definition, task, region, hardware, source_url, documentation_url, license, profile_image,
                       configuration))

void take_told(const registry::RegisteredModel& from, bool full, Model& out) {
  // Another door may have put anything under these names.
  auto read = json::read<Told>(from.custom_properties.text, json::UnknownFields::ignore);
  const Told told = read ? std::move(*read) : Told{};
  if (told.model_definition) out.model_definition = *told.model_definition;
  if (told.task && told.task->starts_with(kTask)) out.task = *told.task;
  if (told.region) out.region = *told.region;
  if (told.hardware) out.hardware = *told.hardware;
  out.source_url = told.source_url;
  out.documentation_url = told.documentation_url;
  out.license = told.license;
  out.profile_image = told.profile_image;
  if (full) out.configuration = told.configuration.value_or(json::Raw{"{}"});
}

std::vector<std::string> keys_of(const json::Raw& object) {
  std::vector<std::string> out;
  const auto document = json::Document::parse(object.text);
  if (!document || document->root().kind() != json::Kind::object) return out;
  (void)document->root().each_member([&](std::string_view key, json::Value) -> Status {
    out.emplace_back(key);
    return {};
  });
  return out;
}

}  // namespace

Result<std::vector<registry::ModelVersion>> versions_of(const Rooms& rooms, const registry::AuthorizedModel& model) {
  std::vector<registry::ModelVersion> all;
  registry::ListQuery query;
  query.page_size = 1000;
  do {
    auto page = SOUK_TRY(rooms.registry.list_versions(model, query));
    for (registry::ModelVersion& version : page.items) all.push_back(std::move(version));
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  return all;
}

Result<Openness> openness_of(const Rooms& rooms, const registry::RegisteredModel& model) {
  access::Call system;
  system.principal = rooms.access.system();
  const access::People people(rooms.access);
  const auto granted = [&](const access::ResourceRef& on) -> Result<std::optional<GrantId>> {
    for (const access::GrantView& grant : SOUK_TRY(people.list_grants(system, on))) {
      if (grant.kind == access::GranteeKind::EVERYONE) return std::optional(grant.id);
    }
    return std::optional<GrantId>();
  };
  const auto grant = SOUK_TRY(granted(model.resource()));
  if (grant) return Openness{true, grant};
  const access::ResourceRef space{access::ObjectKind::NAMESPACE, model.namespace_id.value, model.namespace_id, ""};
  for (const access::ResourceRef& above : {space, access::everything()}) {
    if (SOUK_TRY(granted(above))) return Openness{true, std::nullopt};
  }
  return Openness{};
}

Result<Model> shape_model(const Rooms& rooms, const access::Call& call, const std::string& ns, ModelId id, bool full) {
  const auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, id));
  const registry::RegisteredModel& from = *model;
  Model out;
  out.name = "namespaces/" + ns + "/models/" + from.slug;
  out.id = out.slug = from.slug;
  out.uid = from.uid;
  out.display_name = from.name;
  out.description = from.description;
  out.create_time = from.create_time;
  out.update_time = from.update_time;
  out.readme = from.readme;
  out.owner_name = "namespaces/" + ns;
  out.tags = keys_of(from.tags);
  out.permission = {call.principal->may(access::Role::WRITER, from.resource()),
                    call.principal->may(access::Role::EXECUTOR, from.resource())};
  if (SOUK_TRY(openness_of(rooms, from)).open) out.visibility = "VISIBILITY_PUBLIC";
  take_told(from, full, out);
  bool first = true;
  for (const registry::ModelVersion& version : SOUK_TRY(versions_of(rooms, model))) {
    if (!version.sealed_digest) continue;
    // What the bytes say of themselves counts for more than what was said of them.
    if (const std::string task = task_of(version); first && task != "TASK_UNSPECIFIED") out.task = task;
    first = false;
    out.versions.push_back(version.name);
  }
  if (const auto schemas = tasks::schemas_of(std::string_view(out.task).substr(kTask.size()))) {
    out.input_schema = json::Raw{std::string(schemas->input)};
    out.output_schema = json::Raw{std::string(schemas->output)};
  }
  const tasks::RunCount runs = SOUK_TRY(rooms.runs.count(from.id));
  out.stats = {runs.count, runs.last_time};
  return out;
}

}  // namespace souk::api::instill
