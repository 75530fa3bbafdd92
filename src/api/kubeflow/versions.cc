// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

using access::Role;

struct VersionUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, author, state;
};
BOOST_DESCRIBE_STRUCT(VersionUpdate, (), (customProperties, externalId, description, author, state))
struct VersionCreate {
  std::optional<std::string> name, registeredModelId;
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, author, state;
};
BOOST_DESCRIBE_STRUCT(VersionCreate, (),
                      (name, registeredModelId, customProperties, externalId, description, author, state))
// As VersionCreate, with what a version that was read has too.
struct VersionWhole {
  std::optional<std::string> name, registeredModelId;
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, author, state, id, createTimeSinceEpoch, lastUpdateTimeSinceEpoch;
};
BOOST_DESCRIBE_STRUCT(VersionWhole, (),
                      (name, registeredModelId, customProperties, externalId, description, author, state, id,
                       createTimeSinceEpoch, lastUpdateTimeSinceEpoch))

template <class Body>
Result<net::Response> create_under(const Rooms& rooms, const Exchange& exchange, const registry::AuthorizedModel& model,
                                   const Body& body) {
  if (!body.name || body.name->empty()) return required("name");
  registry::NewVersion wanted;
  wanted.name = *body.name;
  wanted.external_id = body.externalId;
  wanted.description = body.description.value_or("");
  wanted.author = body.author.value_or("");
  wanted.state = SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE));
  wanted.custom_properties = SOUK_TRY(properties_of(body.customProperties));
  return json_answer(201, text_of(SOUK_TRY(rooms.registry.create_version(exchange.call, model, std::move(wanted)))));
}

Result<net::Response> create(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<VersionCreate>(exchange));
  if (!body.name || body.name->empty()) return required("name");
  const ModelId id(SOUK_TRY(body_id(body.registeredModelId, "registeredModelId")));
  auto model = rooms.registry.get_model(exchange.call, Role::WRITER, id);
  if (!model) return in_body(model.error());
  return create_under(rooms, exchange, *model, body);
}

Result<net::Response> create_nested(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<ModelId>(exchange, "registered model"));
  const auto body = SOUK_TRY(read_body<VersionWhole>(exchange));
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::WRITER, id));
  if (body.registeredModelId && *body.registeredModelId != id_text(id.value))
    return invalid_argument("registeredModelId is not the model of the address").at("registeredModelId");
  return create_under(rooms, exchange, model, body);
}

Result<net::Response> update(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<VersionId>(exchange, "model version"));
  const auto body = SOUK_TRY(read_body<VersionUpdate>(exchange));
  const auto found = SOUK_TRY(rooms.registry.get_version(exchange.call, Role::WRITER, id));
  registry::VersionPatch patch;
  patch.external_id = patch_of(body.externalId);
  patch.description = patch_of(body.description);
  patch.author = patch_of(body.author);
  if (body.state) patch.state = patch_of(std::optional(SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE))));
  if (body.customProperties)
    patch.custom_properties = patch_of(std::optional(SOUK_TRY(registry::read_metadata(*body.customProperties))));
  patch.replace_properties = true;
  return json_answer(200, text_of(SOUK_TRY(rooms.registry.update_version(
                              exchange.call, found.model, id_text(found.version.number), patch, std::nullopt))));
}

Result<net::Response> find(const Rooms& rooms, const Exchange& exchange) {
  const FindQuery query = SOUK_TRY(find_query(exchange, true));
  if (query.external_id) {
    return json_answer(
        200, text_of(SOUK_TRY(rooms.registry.get_version_external(exchange.call, "", *query.external_id)).version));
  }
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::READER, ModelId(*query.parent)));
  const auto version = SOUK_TRY(rooms.registry.get_version(model, *query.name));
  // Here a name is a name: "latest" and 007 stand for nothing else.
  if (version.name != *query.name)
    return not_found("model version " + access::as_shown(*query.name) + " does not exist");
  return json_answer(200, text_of(version));
}

auto write_version() {
  return [](json::Writer& out, const registry::ModelVersion& version) { write(out, version); };
}

}  // namespace

void add_versions(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/model_version", [&rooms](const Exchange& exchange) { return find(rooms, exchange); }));
  door.add(route("GET", "/model_versions", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto query = SOUK_TRY(list_query(exchange));
    return list_answer(SOUK_TRY(rooms.registry.list_all_versions(exchange.call, exchange.call.namespace_, query)),
                       query.page_size, write_version());
  }));
  door.add(route("POST", "/model_versions", [&rooms](const Exchange& exchange) { return create(rooms, exchange); }));
  door.add(route("GET", "/model_versions/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<VersionId>(exchange, "model version"));
    return json_answer(200, text_of(SOUK_TRY(rooms.registry.get_version(exchange.call, Role::READER, id)).version));
  }));
  door.add(
      route("PATCH", "/model_versions/{id}", [&rooms](const Exchange& exchange) { return update(rooms, exchange); }));
  door.add(
      route("GET", "/registered_models/{id}/versions", [&rooms](const Exchange& exchange) -> Result<net::Response> {
        const auto id = SOUK_TRY(path_id<ModelId>(exchange, "registered model"));
        auto query = SOUK_TRY(list_query(exchange));
        SOUK_TRY(narrow(exchange, query));
        const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::READER, id));
        return list_answer(SOUK_TRY(rooms.registry.list_versions(model, query)), query.page_size, write_version());
      }));
  door.add(route("POST", "/registered_models/{id}/versions",
                 [&rooms](const Exchange& exchange) { return create_nested(rooms, exchange); }));
}

}  // namespace souk::api::kubeflow
