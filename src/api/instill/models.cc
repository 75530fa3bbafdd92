// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/instill/model_shape.h"
#include "api/instill/shapes.h"

namespace souk::api::instill {
namespace {

struct ModelList {
  std::vector<Model> models;
  std::string next_page_token;
  std::int64_t total_size = 0;
};
BOOST_DESCRIBE_STRUCT(ModelList, (), (models, next_page_token, total_size))
struct ListModels {
  std::optional<std::int64_t> page_size, pageSize;
  std::optional<std::string> page_token, pageToken, view, filter, visibility, order_by, orderBy;
};
BOOST_DESCRIBE_STRUCT(ListModels, (),
                      (page_size, pageSize, page_token, pageToken, view, filter, visibility, order_by, orderBy))
struct ListModelsOf : ListModels {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListModelsOf, (ListModels), (ns))
struct OneModel {
  std::string ns, model;
  std::optional<std::string> view;
};
BOOST_DESCRIBE_STRUCT(OneModel, (), (ns, model, view))

struct ModelVersion {
  std::string name, version, digest, state;
  Time update_time;
};
BOOST_DESCRIBE_STRUCT(ModelVersion, (), (name, version, digest, state, update_time))
struct ListVersions {
  std::string ns, model;
  std::optional<std::int64_t> page_size, pageSize, page;
};
BOOST_DESCRIBE_STRUCT(ListVersions, (), (ns, model, page_size, pageSize, page))
struct VersionList {
  std::vector<ModelVersion> versions;
  std::int64_t total_size = 0, page_size = 0, page = 0;
};
BOOST_DESCRIBE_STRUCT(VersionList, (), (versions, total_size, page_size, page))

struct WatchModel {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(WatchModel, (), (ns, model))
struct WatchVersion {
  std::string ns, model, version;
};
BOOST_DESCRIBE_STRUCT(WatchVersion, (), (ns, model, version))
struct Watched {
  std::string state, message;
};
BOOST_DESCRIBE_STRUCT(Watched, (), (state, message))

// Here an id is a slug.
std::string order_of(const std::string& text) {
  constexpr std::string_view kId = "id";
  const bool by_id = text.starts_with(kId) && (text.size() == kId.size() || text[kId.size()] == ' ');
  return by_id ? "slug" + text.substr(kId.size()) : text;
}

Result<std::string> filter_of(const ListModels& request) {
  const std::string filter = plain_filter(request.filter.value_or(""));
  const std::string visibility = request.visibility.value_or("VISIBILITY_UNSPECIFIED");
  if (visibility == "VISIBILITY_UNSPECIFIED") return filter;
  if (visibility != "VISIBILITY_PUBLIC" && visibility != "VISIBILITY_PRIVATE") {
    return invalid_argument("visibility is " + access::as_shown(visibility) +
                            "; VISIBILITY_PRIVATE or VISIBILITY_PUBLIC is expected")
        .at("visibility");
  }
  const std::string wanted = "visibility = '" + visibility.substr(visibility.find('_') + 1) + "'";
  return filter.empty() ? wanted : "(" + filter + ") AND " + wanted;
}

Result<ModelList> list(const Rooms& rooms, const access::Call& call, std::string_view ns, const ListModels& request) {
  registry::ListQuery query;
  query.page_size = request.page_size.value_or(request.pageSize.value_or(10));
  if (query.page_size < 1) query.page_size = 10;
  query.page_size = std::min<std::int64_t>(query.page_size, 100);
  query.page_token = request.page_token.value_or(request.pageToken.value_or(""));
  query.filter = SOUK_TRY(filter_of(request));
  query.order_by = order_of(request.order_by.value_or(request.orderBy.value_or("")));
  auto page = SOUK_TRY(rooms.registry.list_models(call, ns, query));
  ModelList out;
  for (const registry::ListedModel& model : page.items)
    out.models.push_back(SOUK_TRY(shape_model(rooms, call, model.namespace_, model.id, is_full(request.view))));
  out.next_page_token = page.next_page_token;
  out.total_size = SOUK_TRY(rooms.registry.count_models(call, ns, query.filter));
  return out;
}

// Instill's state of a version, from the replicas that run its digest.
std::string state_of(const std::vector<serving::DeploymentView>& deployments, const Digest& digest) {
  std::string state = "STATE_OFFLINE";
  for (const serving::DeploymentView& view : deployments) {
    for (const serving::Revision& revision : view.revisions) {
      if (revision.digest != digest) continue;
      for (const serving::Replica& replica : view.replicas) {
        if (replica.revision_id != revision.id) continue;
        if (replica.state == serving::ReplicaState::READY) return "STATE_ACTIVE";
        if (replica.state == serving::ReplicaState::UNLOADED)
          state = "STATE_IDLE";
        else if (replica.state == serving::ReplicaState::FAILED)
          state = "STATE_ERROR";
        else if (replica.state != serving::ReplicaState::STOPPED && replica.state != serving::ReplicaState::DRAINING)
          state = "STATE_STARTING";
      }
    }
  }
  return state;
}

Result<VersionList> list_versions(const Rooms& rooms, const access::Call& call, const ListVersions& request) {
  auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
  auto deployments = SOUK_TRY(rooms.serving.of_model(call, model->id));
  std::vector<ModelVersion> sealed;
  for (const registry::ModelVersion& version : SOUK_TRY(versions_of(rooms, model))) {
    if (!version.sealed_digest) continue;
    sealed.push_back({"namespaces/" + request.ns + "/models/" + model->slug + "/versions/" + version.name, version.name,
                      version.sealed_digest->string(), state_of(deployments, *version.sealed_digest),
                      version.update_time});
  }
  VersionList out;
  out.total_size = static_cast<std::int64_t>(sealed.size());
  out.page_size = std::clamp<std::int64_t>(request.page_size.value_or(request.pageSize.value_or(10)), 1, 100);
  out.page = std::max<std::int64_t>(request.page.value_or(0), 0);
  for (std::int64_t i = out.page * out.page_size; i < out.total_size && i < (out.page + 1) * out.page_size; ++i) {
    out.versions.push_back(std::move(sealed[static_cast<std::size_t>(i)]));
  }
  return out;
}

// `version` empty: the newest that is sealed.
Result<Watched> watch(const Rooms& rooms, const access::Call& call, std::string_view ns, std::string_view name,
                      std::string_view version) {
  auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, ns, name));
  std::optional<Digest> digest;
  if (!version.empty()) digest = SOUK_TRY(rooms.registry.get_version(model, version)).sealed_digest;
  if (version.empty()) {
    for (const registry::ModelVersion& one : SOUK_TRY(versions_of(rooms, model))) {
      if (one.sealed_digest) {
        digest = one.sealed_digest;
        break;
      }
    }
  }
  if (!digest) return Watched{"STATE_OFFLINE", "its bytes have not been pushed yet"};
  auto deployments = SOUK_TRY(rooms.serving.of_model(call, model->id));
  Watched out{state_of(deployments, *digest), ""};
  for (const serving::DeploymentView& view : deployments) {
    if (out.state == "STATE_ERROR") out.message = view.reason;
  }
  return out;
}

template <class Req, class Res, class F>
Route lenient(std::string pattern, F f) {
  Route route = plain<Req, Res>("GET", std::move(pattern), kReader, kUsual, {}, std::move(f));
  route.unknown = json::UnknownFields::ignore;
  return route;
}

}  // namespace

void add_models(RouteTable::Door& door, const Rooms& rooms) {
  door.add(lenient<ListModels, ModelList>(
      "/v1alpha/models",
      [&rooms](const access::Call& call, const ListModels& request) { return list(rooms, call, "", request); }));
  door.add(lenient<ListModelsOf, ModelList>(
      "/v1alpha/namespaces/{ns}/models",
      [&rooms](const access::Call& call, const ListModelsOf& request) -> Result<ModelList> {
        SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, request.ns));
        return list(rooms, call, request.ns, request);
      }));
  door.add(lenient<OneModel, ModelAnswer>(
      "/v1alpha/namespaces/{ns}/models/{model}",
      [&rooms](const access::Call& call, const OneModel& request) -> Result<ModelAnswer> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        return ModelAnswer{SOUK_TRY(shape_model(rooms, call, request.ns, model->id, is_full(request.view)))};
      }));
  door.add(lenient<ListVersions, VersionList>(
      "/v1alpha/namespaces/{ns}/models/{model}/versions",
      [&rooms](const access::Call& call, const ListVersions& request) { return list_versions(rooms, call, request); }));
  door.add(lenient<WatchModel, Watched>("/v1alpha/namespaces/{ns}/models/{model}/watch",
                                        [&rooms](const access::Call& call, const WatchModel& request) {
                                          return watch(rooms, call, request.ns, request.model, "");
                                        }));
  door.add(lenient<WatchVersion, Watched>("/v1alpha/namespaces/{ns}/models/{model}/versions/{version}/watch",
                                          [&rooms](const access::Call& call, const WatchVersion& request) {
                                            return watch(rooms, call, request.ns, request.model, request.version);
                                          }));
}

}  // namespace souk::api::instill
