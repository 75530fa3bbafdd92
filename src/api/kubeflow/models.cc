// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

using access::Role;
using Texts = std::vector<std::string>;

struct ModelUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, owner, state, readme, maturity, provider, logo, license,
      licenseLink, libraryName;
  std::optional<Texts> language, tasks;
};
BOOST_DESCRIBE_STRUCT(ModelUpdate, (),
                      (customProperties, externalId, description, owner, state, readme, maturity, provider, logo,
                       license, licenseLink, libraryName, language, tasks))
struct ModelCreate {
  std::optional<std::string> name;
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, owner, state, readme, maturity, provider, logo, license,
      licenseLink, libraryName;
  std::optional<Texts> language, tasks;
};
BOOST_DESCRIBE_STRUCT(ModelCreate, (),
                      (name, customProperties, externalId, description, owner, state, readme, maturity, provider, logo,
                       license, licenseLink, libraryName, language, tasks))

Result<net::Response> create(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<ModelCreate>(exchange));
  if (!body.name || body.name->empty()) return required("name");
  registry::NewModel wanted;
  wanted.name = *body.name;
  wanted.external_id = body.externalId;
  wanted.description = body.description.value_or("");
  wanted.owner = body.owner.value_or("");
  wanted.state = SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE));
  wanted.readme = body.readme.value_or("");
  wanted.maturity = body.maturity.value_or("");
  wanted.provider = body.provider.value_or("");
  wanted.logo = body.logo.value_or("");
  wanted.license = body.license.value_or("");
  wanted.license_link = body.licenseLink.value_or("");
  wanted.library_name = body.libraryName.value_or("");
  wanted.language = body.language.value_or(Texts());
  wanted.tasks = body.tasks.value_or(Texts());
  wanted.custom_properties = SOUK_TRY(properties_of(body.customProperties));
  const auto ns = SOUK_TRY(the_namespace(rooms, exchange.call, Role::WRITER));
  return json_answer(201, text_of(SOUK_TRY(rooms.registry.create_model(exchange.call, ns, std::move(wanted)))));
}

Result<net::Response> update(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<ModelId>(exchange, "registered model"));
  const auto body = SOUK_TRY(read_body<ModelUpdate>(exchange));
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::WRITER, id));
  registry::ModelPatch patch;
  patch.external_id = patch_of(body.externalId);
  patch.description = patch_of(body.description);
  patch.owner = patch_of(body.owner);
  if (body.state) patch.state = patch_of(std::optional(SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE))));
  patch.readme = patch_of(body.readme);
  patch.maturity = patch_of(body.maturity);
  patch.provider = patch_of(body.provider);
  patch.logo = patch_of(body.logo);
  patch.license = patch_of(body.license);
  patch.license_link = patch_of(body.licenseLink);
  patch.library_name = patch_of(body.libraryName);
  patch.language = patch_of(body.language);
  patch.tasks = patch_of(body.tasks);
  if (body.customProperties)
    patch.custom_properties = patch_of(std::optional(SOUK_TRY(registry::read_metadata(*body.customProperties))));
  patch.replace_properties = true;
  return json_answer(200, text_of(SOUK_TRY(rooms.registry.update_model(exchange.call, model, patch, std::nullopt))));
}

// A name is looked for as it stands; one that is "namespace/name" in that namespace too.
Result<registry::AuthorizedModel> find(const Rooms& rooms, const Exchange& exchange) {
  const FindQuery query = SOUK_TRY(find_query(exchange, false));
  auto here = rooms.registry.get_model_named(exchange.call, "", query.name, query.external_id);
  const std::size_t slash = query.name ? query.name->find('/') : std::string::npos;
  if (here || here.error().code != Code::not_found || slash == std::string::npos) return here;
  auto there = rooms.registry.get_model_named(exchange.call, query.name->substr(0, slash),
                                              query.name->substr(slash + 1), std::nullopt);
  if (there || there.error().code != Code::not_found) return there;
  return here;
}

}  // namespace

void add_models(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/registered_model", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(200, text_of<registry::RegisteredModel>(*SOUK_TRY(find(rooms, exchange))));
  }));
  door.add(route("GET", "/registered_models", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto query = SOUK_TRY(list_query(exchange));
    const auto page = SOUK_TRY(rooms.registry.list_models(exchange.call, exchange.call.namespace_, query, true));
    return list_answer(page, query.page_size,
                       [](json::Writer& out, const registry::RegisteredModel& model) { write(out, model); });
  }));
  door.add(route("POST", "/registered_models", [&rooms](const Exchange& exchange) { return create(rooms, exchange); }));
  door.add(route("GET", "/registered_models/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<ModelId>(exchange, "registered model"));
    return json_answer(
        200, text_of<registry::RegisteredModel>(*SOUK_TRY(rooms.registry.get_model(exchange.call, Role::READER, id))));
  }));
  door.add(route("PATCH", "/registered_models/{id}",
                 [&rooms](const Exchange& exchange) { return update(rooms, exchange); }));
}

}  // namespace souk::api::kubeflow
