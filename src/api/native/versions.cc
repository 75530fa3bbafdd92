// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct VersionList {
  std::vector<ModelVersion> versions;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(VersionList, (), (versions, next_page_token))

struct ListVersions : ListFields {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(ListVersions, (ListFields), (ns, model))

struct NewVersionBody {
  std::optional<std::string> name, description, author, uri;
  std::map<std::string, json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(NewVersionBody, (), (name, description, author, uri, custom_properties))
struct CreateVersion {
  std::string ns, model;
  NewVersionBody body;
};
BOOST_DESCRIBE_STRUCT(CreateVersion, (), (ns, model, body))

struct OneVersion {
  std::string ns, model, version;
};
BOOST_DESCRIBE_STRUCT(OneVersion, (), (ns, model, version))

struct VersionPatchBody {
  json::Patch<std::string> name, description, author;
  json::Patch<registry::State> state;
  json::Patch<json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(VersionPatchBody, (), (name, description, author, state, custom_properties))
struct PatchVersion {
  std::string ns, model, version;
  std::optional<std::string> if_match;
  VersionPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchVersion, (), (ns, model, version, if_match, body))

Result<ModelVersion> complete(const Rooms& rooms, const std::string& ns, const registry::AuthorizedModel& model,
                              const registry::ModelVersion& version) {
  return shape(ns, model->slug, version, SOUK_TRY(rooms.registry.list_aliases(model)));
}

}  // namespace

void add_versions(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListVersions, VersionList>(
      "GET", "/api/v1/namespaces/{ns}/models/{model}/versions", kReader, kUsual,
      {"list_versions", "Versions of a model, newest first"},
      [&rooms](const access::Call& call, const ListVersions& request) -> Result<VersionList> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        auto page = SOUK_TRY(rooms.registry.list_versions(model, SOUK_TRY(list_query(request))));
        auto aliases = SOUK_TRY(rooms.registry.list_aliases(model));
        VersionList out;
        for (const registry::ModelVersion& version : page.items)
          out.versions.push_back(shape(request.ns, model->slug, version, aliases));
        out.next_page_token = page_token_of(page.next_page_token);
        return out;
      }));
  door.add(plain<CreateVersion, ModelVersion>(
      "POST", "/api/v1/namespaces/{ns}/models/{model}/versions", kWriter, kUsual,
      {"create_version", "Make an open version; its bytes come by an OCI push to its name", 201},
      [&rooms](const access::Call& call, const CreateVersion& request) -> Result<ModelVersion> {
        const NewVersionBody& body = request.body;
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER, request.ns, request.model));
        registry::NewVersion wanted;
        wanted.name = body.name.value_or("");
        wanted.description = body.description.value_or("");
        wanted.author = body.author.value_or("");
        wanted.uri = body.uri;
        wanted.custom_properties.text = json::write(body.custom_properties);
        return complete(rooms, request.ns, model,
                        SOUK_TRY(rooms.registry.create_version(call, model, std::move(wanted))));
      }));
  door.add(lookup<OneVersion, ModelVersion>(
      "/api/v1/namespaces/{ns}/models/{model}/versions/{version}", kReader,
      {"get_version", "One version, by number, name or latest"},
      [&rooms](const access::Call& call, const OneVersion& request) -> Result<ModelVersion> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        return complete(rooms, request.ns, model, SOUK_TRY(rooms.registry.get_version(model, request.version)));
      }));
  door.add(plain<PatchVersion, ModelVersion>(
      "PATCH", "/api/v1/namespaces/{ns}/models/{model}/versions/{version}", kWriter, kUsual,
      {"update_version", "Change what is not sealed of a version (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchVersion& request) -> Result<ModelVersion> {
        const VersionPatchBody& body = request.body;
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER, request.ns, request.model));
        registry::VersionPatch patch{body.name, body.description, body.author, body.state, body.custom_properties};
        return complete(rooms, request.ns, model,
                        SOUK_TRY(rooms.registry.update_version(call, model, request.version, patch,
                                                               SOUK_TRY(revision_of(request.if_match)))));
      }));
  door.add(plain<OneVersion, NoContent>(
      "DELETE", "/api/v1/namespaces/{ns}/models/{model}/versions/{version}", kAdmin, kUsual,
      {"delete_version", "Delete a version"},
      [&rooms](const access::Call& call, const OneVersion& request) -> Result<NoContent> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::ADMIN, request.ns, request.model));
        SOUK_TRY(rooms.registry.delete_version(call, model, request.version));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
