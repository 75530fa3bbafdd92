// SPDX-License-Identifier: Apache-2.0
//
// Health, regions, and the definitions that models of this server have.
#include "api/bind.h"
#include "api/instill/instill.h"

namespace souk::api::instill {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct HealthCheckResponse {
  std::string status = "SERVING_STATUS_SERVING";
};
BOOST_DESCRIBE_STRUCT(HealthCheckResponse, (), (status))
struct Health {
  HealthCheckResponse health_check_response;
};
BOOST_DESCRIBE_STRUCT(Health, (), (health_check_response))

struct Region {
  std::string region_name = "local";
  std::vector<std::string> hardware{"CPU"};
};
BOOST_DESCRIBE_STRUCT(Region, (), (region_name, hardware))
struct Regions {
  std::vector<Region> regions;
};
BOOST_DESCRIBE_STRUCT(Regions, (), (regions))

struct ModelDefinition {
  std::string name, uid, id, title, documentation_url, icon, release_stage;
  json::Raw model_spec;
};
BOOST_DESCRIBE_STRUCT(ModelDefinition, (), (name, uid, id, title, documentation_url, icon, release_stage, model_spec))
struct ModelDefinitions {
  std::vector<ModelDefinition> model_definitions;
  std::string next_page_token;
  std::int64_t total_size = 0;
};
BOOST_DESCRIBE_STRUCT(ModelDefinitions, (), (model_definitions, next_page_token, total_size))
struct OneDefinition {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(OneDefinition, (), (id))
struct DefinitionAnswer {
  ModelDefinition model_definition;
};
BOOST_DESCRIBE_STRUCT(DefinitionAnswer, (), (model_definition))

// Every model here comes by an OCI push.
ModelDefinition oci_definition() {
  return {.name = "model-definitions/oci",
          .uid = "018f2b6c-0000-7000-8000-000000000001",
          .id = "oci",
          .title = "OCI artifact",
          .documentation_url = "https://github.com/opencontainers/distribution-spec",
          .icon = "",
          .release_stage = "RELEASE_STAGE_GA",
          .model_spec = {R"({"type":"object","properties":{},"additionalProperties":false})"}};
}

template <class Req, class Res, class F>
Route lenient(std::string pattern, Permission permission, F f) {
  Route route = plain<Req, Res>("GET", std::move(pattern), permission, kUsual, {}, std::move(f));
  route.unknown = json::UnknownFields::ignore;
  return route;
}

}  // namespace

void add_definitions(RouteTable::Door& door) {
  for (const char* path :
       {"/v1alpha/__liveness", "/v1alpha/__readiness", "/v1alpha/health/model", "/v1alpha/ready/model"}) {
    door.add(lenient<Nothing, Health>(path, kAnyone,
                                      [](const access::Call&, const Nothing&) -> Result<Health> { return Health{}; }));
  }
  door.add(lenient<Nothing, Regions>(
      "/v1alpha/available-regions", kReader,
      [](const access::Call&, const Nothing&) -> Result<Regions> { return Regions{{Region{}}}; }));
  door.add(lenient<Nothing, ModelDefinitions>("/v1alpha/model-definitions", kReader,
                                              [](const access::Call&, const Nothing&) -> Result<ModelDefinitions> {
                                                return ModelDefinitions{{oci_definition()}, "", 1};
                                              }));
  door.add(lenient<OneDefinition, DefinitionAnswer>(
      "/v1alpha/model-definitions/{id}", kReader,
      [](const access::Call&, const OneDefinition& request) -> Result<DefinitionAnswer> {
        ModelDefinition only = oci_definition();
        if (request.id == only.id || request.id == only.uid) return DefinitionAnswer{std::move(only)};
        return not_found("model definition '" + request.id + "' does not exist")
            .advise("GET /v1alpha/model-definitions lists them");
      }));
}

}  // namespace souk::api::instill
