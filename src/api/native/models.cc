// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct ModelList {
  std::vector<Model> models;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(ModelList, (), (models, next_page_token))

struct ListModels : ListFields {};
BOOST_DESCRIBE_STRUCT(ListModels, (ListFields), ())
struct ListModelsOf : ListFields {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListModelsOf, (ListFields), (ns))

struct NewModelBody {
  std::string name;
  std::optional<std::string> slug, description, readme, owner, external_id, maturity, provider, logo, license,
      license_link, library_name;
  std::vector<std::string> language, tasks;
  std::map<std::string, std::string> tags;
  std::map<std::string, json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(NewModelBody, (),
                      (name, slug, description, readme, owner, external_id, maturity, provider, logo, license,
                       license_link, library_name, language, tasks, tags, custom_properties))
struct CreateModel {
  std::string ns;
  NewModelBody body;
};
BOOST_DESCRIBE_STRUCT(CreateModel, (), (ns, body))

struct NewModelsBody {
  std::vector<NewModelBody> models;
};
BOOST_DESCRIBE_STRUCT(NewModelsBody, (), (models))
struct CreateModels {
  std::string ns;
  NewModelsBody body;
};
BOOST_DESCRIBE_STRUCT(CreateModels, (), (ns, body))

struct GetModel {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(GetModel, (), (ns, model))

struct ModelPatchBody {
  json::Patch<std::string> name, description, readme, owner, external_id, maturity, provider, logo, license,
      license_link, library_name;
  json::Patch<std::vector<std::string>> language, tasks;
  json::Patch<registry::State> state;
  json::Patch<json::Raw> tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(ModelPatchBody, (),
                      (name, description, readme, owner, external_id, maturity, provider, logo, license, license_link,
                       library_name, language, tasks, state, tags, custom_properties))
struct PatchModel {
  std::string ns, model;
  std::optional<std::string> if_match;
  ModelPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchModel, (), (ns, model, if_match, body))
struct DeleteModel {
  std::string ns, model;
  std::optional<std::string> if_match;
};
BOOST_DESCRIBE_STRUCT(DeleteModel, (), (ns, model, if_match))

registry::NewModel wanted_model(const NewModelBody& body) {
  registry::NewModel wanted;
  wanted.name = body.name;
  wanted.slug = body.slug.value_or("");
  wanted.description = body.description.value_or("");
  wanted.readme = body.readme.value_or("");
  wanted.owner = body.owner.value_or("");
  wanted.external_id = body.external_id;
  wanted.maturity = body.maturity.value_or("");
  wanted.provider = body.provider.value_or("");
  wanted.logo = body.logo.value_or("");
  wanted.license = body.license.value_or("");
  wanted.license_link = body.license_link.value_or("");
  wanted.library_name = body.library_name.value_or("");
  wanted.language = body.language;
  wanted.tasks = body.tasks;
  wanted.tags.text = json::write(body.tags);
  wanted.custom_properties.text = json::write(body.custom_properties);
  return wanted;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Model plain_shape(const std::string& ns, const registry::RegisteredModel& from) {
  Model out;
  out.id = from.id;
  out.uid = from.uid;
  out.namespace_ = ns;
  out.slug = from.slug;
  out.name = from.name;
  out.description = from.description;
  out.readme = from.readme;
  out.owner = from.owner;
  out.state = from.state;
  out.external_id = from.external_id;
  out.maturity = unless_empty(from.maturity);
  out.provider = unless_empty(from.provider);
  out.logo = unless_empty(from.logo);
  out.license = unless_empty(from.license);
  out.license_link = unless_empty(from.license_link);
  out.library_name = unless_empty(from.library_name);
  if (from.language.text != "[]") out.language = from.language;
  if (from.tasks.text != "[]") out.tasks = from.tasks;
  out.tags = from.tags;
  out.custom_properties = from.custom_properties;
  out.create_time = from.create_time;
  out.update_time = from.update_time;
  out.etag = std::to_string(from.revision);
  return out;
}

// Adds what other rows say of the model.
void complete(const registry::ModelSummary& summary, const std::vector<serving::DeploymentView>& deployments,
              Model& model) {
  model.version_count = summary.version_count;
  if (summary.latest) {
    model.latest_version = shape(model.namespace_, model.slug, *summary.latest, summary.aliases);
    model.task = model.latest_version->task;
  }
  for (const registry::Alias& alias : summary.aliases) model.aliases.push_back({alias.name, alias.version});
  for (const serving::DeploymentView& view : deployments) {
    model.deployments.push_back({view.deployment.namespace_, view.deployment.slug, view.state});
  }
}

Result<Model> complete_one(const Rooms& rooms, const access::Call& call, const std::string& ns,
                           const registry::RegisteredModel& model) {
  Model one = plain_shape(ns, model);
  complete(SOUK_TRY(rooms.registry.summarize(model.id)), SOUK_TRY(rooms.serving.of_model(call, model.id)), one);
  return one;
}

Result<ModelList> list(const Rooms& rooms, const access::Call& call, std::string_view ns, const ListFields& fields) {
  auto page = SOUK_TRY(rooms.registry.list_models(call, ns, SOUK_TRY(list_query(fields))));
  ModelList out;
  std::vector<ModelId> ids;
  for (const registry::ListedModel& model : page.items) {
    out.models.push_back(plain_shape(model.namespace_, model));
    ids.push_back(model.id);
  }
  const auto summaries = SOUK_TRY(rooms.registry.summarize(ids));
  auto deployments = SOUK_TRY(rooms.serving.of_models(call, ids));
  for (std::size_t i = 0; i < ids.size(); ++i) complete(summaries[i], deployments[ids[i]], out.models[i]);
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

}  // namespace

void add_models(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListModels, ModelList>(
      "GET", "/api/v1/models", kReader, kUsual, {"list_all_models", "Models of every namespace that the caller sees"},
      [&rooms](const access::Call& call, const ListModels& request) { return list(rooms, call, "", request); }));
  door.add(plain<ListModelsOf, ModelList>(
      "GET", "/api/v1/namespaces/{ns}/models", kReader, kUsual, {"list_models", "Models of a namespace"},
      [&rooms](const access::Call& call, const ListModelsOf& request) -> Result<ModelList> {
        SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, request.ns));
        return list(rooms, call, request.ns, request);
      }));
  door.add(plain<CreateModel, Model>(
      "POST", "/api/v1/namespaces/{ns}/models", kWriter, {.max_bytes = 2 << 20},
      {"create_model", "Register a model", 201},
      [&rooms](const access::Call& call, const CreateModel& request) -> Result<Model> {
        auto ns = SOUK_TRY(rooms.access.get_namespace(call, access::Role::WRITER, request.ns));
        // A new model has no versions, aliases or deployments: its row says all.
        return plain_shape(ns->slug, SOUK_TRY(rooms.registry.create_model(call, ns, wanted_model(request.body))));
      }));
  door.add(plain<CreateModels, ModelList>(
      "POST", "/api/v1/namespaces/{ns}/models:batch", kWriter, {.max_bytes = 32 << 20},
      {"create_models", "Register up to 10000 models; all or none", 201},
      [&rooms](const access::Call& call, const CreateModels& request) -> Result<ModelList> {
        auto ns = SOUK_TRY(rooms.access.get_namespace(call, access::Role::WRITER, request.ns));
        std::vector<registry::NewModel> wanted;
        for (const NewModelBody& body : request.body.models) wanted.push_back(wanted_model(body));
        ModelList out;
        for (const registry::RegisteredModel& model : SOUK_TRY(rooms.registry.create_models(call, ns, wanted)))
          out.models.push_back(plain_shape(ns->slug, model));
        return out;
      }));
  door.add(lookup<GetModel, Model>("/api/v1/namespaces/{ns}/models/{model}", kReader, {"get_model", "One model"},
                                   [&rooms](const access::Call& call, const GetModel& request) -> Result<Model> {
                                     auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER,
                                                                                    request.ns, request.model));
                                     return complete_one(rooms, call, request.ns, *model);
                                   }));
  door.add(plain<PatchModel, Model>(
      "PATCH", "/api/v1/namespaces/{ns}/models/{model}", kWriter, {.max_bytes = 2 << 20},
      {"update_model", "Change a model (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchModel& request) -> Result<Model> {
        const ModelPatchBody& body = request.body;
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER, request.ns, request.model));
        registry::ModelPatch patch{
            body.name, body.description,       body.readme,       body.owner,        body.state,
            body.tags, body.custom_properties, body.external_id,  body.maturity,     body.provider,
            body.logo, body.license,           body.license_link, body.library_name, body.language,
            body.tasks};
        auto updated =
            SOUK_TRY(rooms.registry.update_model(call, model, patch, SOUK_TRY(revision_of(request.if_match))));
        return complete_one(rooms, call, request.ns, updated);
      }));
  door.add(plain<DeleteModel, NoContent>(
      "DELETE", "/api/v1/namespaces/{ns}/models/{model}", kAdmin, kUsual,
      {"delete_model", "Delete a model with its versions"},
      [&rooms](const access::Call& call, const DeleteModel& request) -> Result<NoContent> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::ADMIN, request.ns, request.model));
        SOUK_TRY(rooms.registry.delete_model(call, model, SOUK_TRY(revision_of(request.if_match))));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
