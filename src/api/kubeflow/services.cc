// SPDX-License-Identifier: Apache-2.0
//
// Serving environments, the inference services in them, and what became of those.
#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

using access::Role;
using registry::Environment;
using registry::InferenceService;
using registry::Parent;
using registry::ServeModel;

struct EnvironmentUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description;
};
BOOST_DESCRIBE_STRUCT(EnvironmentUpdate, (), (customProperties, externalId, description))
struct EnvironmentCreate : EnvironmentUpdate {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(EnvironmentCreate, (EnvironmentUpdate), (name))

struct ServiceUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, modelVersionId, runtime, desiredState;
};
BOOST_DESCRIBE_STRUCT(ServiceUpdate, (),
                      (customProperties, externalId, description, modelVersionId, runtime, desiredState))
struct ServiceCreate : ServiceUpdate {
  std::optional<std::string> name, registeredModelId, servingEnvironmentId;
};
BOOST_DESCRIBE_STRUCT(ServiceCreate, (ServiceUpdate), (name, registeredModelId, servingEnvironmentId))

struct ServeCreate {
  std::optional<std::string> name, modelVersionId;
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, lastKnownState;
};
BOOST_DESCRIBE_STRUCT(ServeCreate, (),
                      (name, modelVersionId, customProperties, externalId, description, lastKnownState))

template <class Body>
Status apply(const Body& body, InferenceService& service) {
  if (body.modelVersionId) service.version_id = VersionId(SOUK_TRY(body_id(body.modelVersionId, "modelVersionId")));
  if (body.runtime) service.runtime = *body.runtime;
  if (body.desiredState)
    service.desired_state = SOUK_TRY(enum_of(body.desiredState, "desiredState", registry::ServiceState::DEPLOYED));
  return apply_common(body, service);
}

Result<net::Response> create_service(const Rooms& rooms, const Exchange& exchange,
                                     const access::Authorized<Environment>& environment, const ServiceCreate& body) {
  InferenceService service;
  service.namespace_id = environment->namespace_id;
  service.environment_id = environment->id;
  service.model_id = ModelId(SOUK_TRY(body_id(body.registeredModelId, "registeredModelId")));
  service.name = body.name.value_or("");
  SOUK_TRY(apply(body, service));
  const auto model = rooms.registry.get_model(exchange.call, Role::READER, service.model_id);
  if (!model) return in_body(model.error());
  auto made = rooms.services.create(exchange.call, std::move(service));
  if (!made) return in_body(made.error());
  return json_answer(201, text_of(*made));
}

Result<net::Response> post_service(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<ServiceCreate>(exchange));
  SOUK_TRY(body_id(body.registeredModelId, "registeredModelId"));
  const EnvironmentId id(SOUK_TRY(body_id(body.servingEnvironmentId, "servingEnvironmentId")));
  auto environment = rooms.environments.get(exchange.call, Role::WRITER, id);
  if (!environment) return in_body(environment.error());
  return create_service(rooms, exchange, *environment, body);
}

Result<net::Response> post_service_nested(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<EnvironmentId>(exchange, "serving environment"));
  const auto body = SOUK_TRY(read_body<ServiceCreate>(exchange));
  const auto environment = SOUK_TRY(rooms.environments.get(exchange.call, Role::WRITER, id));
  if (body.servingEnvironmentId && *body.servingEnvironmentId != id_text(id.value))
    return invalid_argument("servingEnvironmentId is not the environment of the address").at("servingEnvironmentId");
  return create_service(rooms, exchange, environment, body);
}

Result<net::Response> patch_service(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<InferenceServiceId>(exchange, "inference service"));
  const auto body = SOUK_TRY(read_body<ServiceUpdate>(exchange));
  const auto service = SOUK_TRY(rooms.services.get(exchange.call, Role::WRITER, id));
  auto changed = rooms.services.update(
      exchange.call, service, [&](InferenceService& one) { return apply(body, one); }, std::nullopt);
  if (!changed) return in_body(changed.error());
  return json_answer(200, text_of(*changed));
}

Result<net::Response> list_services(const Rooms& rooms, const Exchange& exchange, const registry::Under& under,
                                    bool nested) {
  auto query = SOUK_TRY(list_query(exchange));
  if (nested) SOUK_TRY(narrow(exchange, query));
  return list_answer(SOUK_TRY(rooms.services.list(exchange.call, under, query)), query.page_size,
                     [](json::Writer& out, const InferenceService& service) { write(out, service); });
}

Result<access::Authorized<InferenceService>> the_service(const Rooms& rooms, const Exchange& exchange, Role needed) {
  return rooms.services.get(exchange.call, needed,
                            SOUK_TRY(path_id<InferenceServiceId>(exchange, "inference service")));
}

Result<net::Response> version_of(const Rooms& rooms, const Exchange& exchange) {
  const auto service = SOUK_TRY(the_service(rooms, exchange, Role::READER));
  if (service->version_id) {
    return json_answer(
        200, text_of(SOUK_TRY(rooms.registry.get_version(exchange.call, Role::READER, *service->version_id)).version));
  }
  const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::READER, service->model_id));
  return json_answer(200, text_of(SOUK_TRY(rooms.registry.get_version(model, "latest"))));
}

Result<net::Response> post_serve(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<ServeCreate>(exchange));
  const auto service = SOUK_TRY(the_service(rooms, exchange, Role::WRITER));
  ServeModel serve;
  serve.namespace_id = service->namespace_id;
  serve.inference_service_id = service->id;
  serve.version_id = VersionId(SOUK_TRY(body_id(body.modelVersionId, "modelVersionId")));
  serve.name = body.name.value_or("");
  serve.last_known_state = SOUK_TRY(enum_of(body.lastKnownState, "lastKnownState", registry::ServeState::UNKNOWN));
  SOUK_TRY(apply_common(body, serve));
  auto made = rooms.serves.create(exchange.call, std::move(serve));
  if (!made) return in_body(made.error());
  return json_answer(201, text_of(*made));
}

Result<net::Response> post_environment(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<EnvironmentCreate>(exchange));
  if (!body.name || body.name->empty()) return required("name");
  Environment environment;
  environment.namespace_id = SOUK_TRY(the_namespace(rooms, exchange.call, Role::WRITER))->id;
  environment.name = *body.name;
  SOUK_TRY(apply_common(body, environment));
  return json_answer(201, text_of(SOUK_TRY(rooms.environments.create(exchange.call, std::move(environment)))));
}

}  // namespace

void add_environments(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/serving_environment", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(200,
                       text_of<Environment>(*SOUK_TRY(find_record(rooms, rooms.environments, exchange, std::nullopt))));
  }));
  door.add(route("GET", "/serving_environments", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto query = SOUK_TRY(list_query(exchange));
    const auto under = SOUK_TRY(here(rooms, exchange));
    return list_answer(SOUK_TRY(rooms.environments.list(exchange.call, under, query)), query.page_size,
                       [](json::Writer& out, const Environment& environment) { write(out, environment); });
  }));
  door.add(route("POST", "/serving_environments",
                 [&rooms](const Exchange& exchange) { return post_environment(rooms, exchange); }));
  door.add(route("GET", "/serving_environments/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<EnvironmentId>(exchange, "serving environment"));
    return json_answer(200, text_of<Environment>(*SOUK_TRY(rooms.environments.get(exchange.call, Role::READER, id))));
  }));
  door.add(route("PATCH", "/serving_environments/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<EnvironmentId>(exchange, "serving environment"));
    const auto body = SOUK_TRY(read_body<EnvironmentUpdate>(exchange));
    const auto environment = SOUK_TRY(rooms.environments.get(exchange.call, Role::WRITER, id));
    return json_answer(
        200,
        text_of(SOUK_TRY(rooms.environments.update(
            exchange.call, environment, [&](Environment& one) { return apply_common(body, one); }, std::nullopt))));
  }));
}

void add_services(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/inference_service", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(200, text_of<InferenceService>(
                                *SOUK_TRY(find_record(rooms, rooms.services, exchange, Parent::environment_id))));
  }));
  door.add(route("GET", "/inference_services", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return list_services(rooms, exchange, SOUK_TRY(here(rooms, exchange)), false);
  }));
  door.add(route("POST", "/inference_services",
                 [&rooms](const Exchange& exchange) { return post_service(rooms, exchange); }));
  door.add(route("GET", "/inference_services/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(200, text_of<InferenceService>(*SOUK_TRY(the_service(rooms, exchange, Role::READER))));
  }));
  door.add(route("PATCH", "/inference_services/{id}",
                 [&rooms](const Exchange& exchange) { return patch_service(rooms, exchange); }));
  door.add(route("GET", "/inference_services/{id}/model", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto service = SOUK_TRY(the_service(rooms, exchange, Role::READER));
    const auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, Role::READER, service->model_id));
    return json_answer(200, text_of<registry::RegisteredModel>(*model));
  }));
  door.add(route("GET", "/inference_services/{id}/version",
                 [&rooms](const Exchange& exchange) { return version_of(rooms, exchange); }));
  door.add(route("GET", "/inference_services/{id}/serves", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto service = SOUK_TRY(the_service(rooms, exchange, Role::READER));
    auto query = SOUK_TRY(list_query(exchange));
    SOUK_TRY(narrow(exchange, query));
    return list_answer(
        SOUK_TRY(rooms.serves.list(exchange.call, {Parent::inference_service_id, service->id.value}, query)),
        query.page_size, [](json::Writer& out, const ServeModel& serve) { write(out, serve); });
  }));
  door.add(route("POST", "/inference_services/{id}/serves",
                 [&rooms](const Exchange& exchange) { return post_serve(rooms, exchange); }));
  door.add(route("GET", "/serving_environments/{id}/inference_services",
                 [&rooms](const Exchange& exchange) -> Result<net::Response> {
                   const auto id = SOUK_TRY(path_id<EnvironmentId>(exchange, "serving environment"));
                   SOUK_TRY(rooms.environments.get(exchange.call, Role::READER, id));
                   return list_services(rooms, exchange, {Parent::environment_id, id.value}, true);
                 }));
  door.add(route("POST", "/serving_environments/{id}/inference_services",
                 [&rooms](const Exchange& exchange) { return post_service_nested(rooms, exchange); }));
}

}  // namespace souk::api::kubeflow
