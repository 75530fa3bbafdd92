// SPDX-License-Identifier: Apache-2.0
//
// Health, regions, and the definitions that models of this server have.
#include "api/instill/definitions.h"

#include <algorithm>

#include "access/access.h"
#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/instill/shapes.h"

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

struct Hardware {
  std::string title = "CPU", value = "CPU";
};
BOOST_DESCRIBE_STRUCT(Hardware, (), (title, value))
struct Region {
  std::string region_name = "local";
  std::vector<Hardware> hardware{Hardware{}};
};
BOOST_DESCRIBE_STRUCT(Region, (), (region_name, hardware))
struct Regions {
  std::vector<Region> regions;
};
BOOST_DESCRIBE_STRUCT(Regions, (), (regions))

struct ModelDefinition {
  std::string name, uid, id, title, documentation_url, icon, release_stage;
  std::optional<json::Raw> model_spec;  // FULL only
};
BOOST_DESCRIBE_STRUCT(ModelDefinition, (), (name, uid, id, title, documentation_url, icon, release_stage, model_spec))
struct ModelDefinitions {
  std::vector<ModelDefinition> model_definitions;
  std::string next_page_token;
  std::int64_t total_size = 0;
};
BOOST_DESCRIBE_STRUCT(ModelDefinitions, (), (model_definitions, next_page_token, total_size))
struct ListDefinitions {
  std::optional<std::int64_t> page_size, pageSize;
  std::optional<std::string> page_token, pageToken, view;
};
BOOST_DESCRIBE_STRUCT(ListDefinitions, (), (page_size, pageSize, page_token, pageToken, view))
struct OneDefinition {
  std::string id;
  std::optional<std::string> view;
};
BOOST_DESCRIBE_STRUCT(OneDefinition, (), (id, view))
struct DefinitionAnswer {
  ModelDefinition model_definition;
};
BOOST_DESCRIBE_STRUCT(DefinitionAnswer, (), (model_definition))

constexpr Setting kHttpSettings[] = {{"url", "Where the archive or file is", true}};
constexpr Setting kS3Settings[] = {{"bucket", "The bucket", true},
                                   {"prefix", "Below which the files are"},
                                   {"endpoint", "Of the server, where it is not Amazon's"},
                                   {"region", "Of the bucket"}};
constexpr Setting kContainerSettings[] = {{"image", "The image that was pushed, such as default/name:tag"}};

constexpr Definition kDefinitions[] = {
    {"oci",
     "018f2b6c-0000-7000-8000-000000000001",
     "OCI artifact",
     "https://github.com/opencontainers/distribution-spec",
     {}},
    {"upload", "018f2b6c-0000-7000-8000-000000000002", "Upload", "", {}},
    {"container", "018f2b6c-0000-7000-8000-000000000003", "Container image",
     "https://github.com/opencontainers/image-spec", kContainerSettings},
    {"http", "018f2b6c-0000-7000-8000-000000000004", "File or archive at an address", "", kHttpSettings},
    {"s3", "018f2b6c-0000-7000-8000-000000000005", "S3 bucket", "", kS3Settings},
};

ModelDefinition shape(const Definition& from, bool full) {
  ModelDefinition out{.name = "model-definitions/" + std::string(from.id),
                      .uid = std::string(from.uid),
                      .id = std::string(from.id),
                      .title = std::string(from.title),
                      .documentation_url = std::string(from.documentation_url),
                      .icon = "",
                      .release_stage = "RELEASE_STAGE_GENERALLY_AVAILABLE",
                      .model_spec = std::nullopt};
  if (full) out.model_spec = schema_of(from);
  return out;
}

// The token is the id of the next one.
Result<ModelDefinitions> list(const ListDefinitions& request) {
  const std::int64_t size = std::clamp<std::int64_t>(request.page_size.value_or(request.pageSize.value_or(10)), 1, 100);
  const std::string token = request.page_token.value_or(request.pageToken.value_or(""));
  auto from = std::begin(kDefinitions);
  if (!token.empty()) {
    from = std::ranges::find(kDefinitions, token, &Definition::id);
    if (from == std::end(kDefinitions)) return invalid_argument("page_token is none of this list").at("page_token");
  }
  ModelDefinitions out;
  out.total_size = std::ssize(kDefinitions);
  for (; from != std::end(kDefinitions); ++from) {
    if (std::ssize(out.model_definitions) == size) {
      out.next_page_token = from->id;
      break;
    }
    out.model_definitions.push_back(shape(*from, is_full(request.view)));
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  json::Writer writer(out);
  writer.value(text);
  return out;
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
  door.add(lenient<ListDefinitions, ModelDefinitions>(
      "/v1alpha/model-definitions", kReader,
      [](const access::Call&, const ListDefinitions& request) { return list(request); }));
  door.add(lenient<OneDefinition, DefinitionAnswer>(
      "/v1alpha/model-definitions/{id}", kReader,
      [](const access::Call&, const OneDefinition& request) -> Result<DefinitionAnswer> {
        auto found = find_definition(request.id);
        if (found) return DefinitionAnswer{shape(**found, is_full(request.view))};
        return not_found("model definition " + access::as_shown(request.id) + " does not exist")
            .advise("GET /v1alpha/model-definitions lists them");
      }));
}

std::span<const Definition> definitions() {
  return kDefinitions;
}

Result<const Definition*> find_definition(std::string_view name) {
  constexpr std::string_view kPrefix = "model-definitions/";
  std::string_view id = name;
  if (id.starts_with(kPrefix)) id.remove_prefix(kPrefix.size());
  for (const Definition& one : kDefinitions) {
    if (one.id == id || one.uid == id) return &one;
  }
  return invalid_argument("model definition " + access::as_shown(name) + " does not exist")
      .at("model_definition")
      .advise("GET /v1alpha/model-definitions lists them");
}

Status check_configuration(const Definition& definition, const json::Raw& configuration) {
  const json::Document document = SOUK_TRY(json::Document::parse(configuration.text));
  const auto wrong = [&](std::string_view name, const std::string& what) {
    const std::string field = "configuration" + (name.empty() ? "" : "." + std::string(name));
    return invalid_argument(field + ": " + what + " (model definition " + std::string(definition.id) + ")").at(field);
  };
  if (document.root().kind() != json::Kind::object) return wrong("", "an object is expected");
  SOUK_TRY(document.root().each_member([&](std::string_view key, json::Value value) -> Status {
    const auto known = std::ranges::find(definition.settings, key, &Setting::name);
    if (known == definition.settings.end()) return wrong(key, "it is not known");
    if (value.kind() != json::Kind::string || value.string().empty()) return wrong(key, "a text is expected");
    return {};
  }));
  for (const Setting& setting : definition.settings) {
    if (setting.required && !document.root().find(setting.name)) return wrong(setting.name, "it is missing");
  }
  return {};
}

json::Raw schema_of(const Definition& definition) {
  std::string properties, required;
  for (const Setting& setting : definition.settings) {
    properties += (properties.empty() ? "" : ",") + quoted(setting.name) +
                  R"(:{"type":"string","minLength":1,"description":)" + quoted(setting.help) + "}";
    if (setting.required) required += (required.empty() ? "" : ",") + quoted(setting.name);
  }
  return {R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{)" + properties +
          R"(},"required":[)" + required + R"(],"additionalProperties":false})"};
}

}  // namespace souk::api::instill
