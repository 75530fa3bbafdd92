// SPDX-License-Identifier: Apache-2.0
//
// Environments with what is in them, and lineage.
#include <set>

#include "base/digest.h"
#include "registry/exchange/exporter.h"
#include "registry/records/kinds.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::int64_t kPage = 200;

struct EdgeRow {
  std::string source, target, relation;
};
BOOST_DESCRIBE_STRUCT(EdgeRow, (), (source, target, relation))

template <class T>
std::string select(const std::string& where) {
  return "SELECT " + store::columns<T>() + " FROM " + std::string(Kind<T>::table) + " WHERE " + where;
}

std::string environment_unit(const std::string& name) {
  return "environments/" + sha256(name).hex().substr(0, 32);
}

}  // namespace

// --- environments ---------------------------------------------------------------------------------------

Result<bool> Exporter::environment(const std::string& name, const TakePart& take) {
  static const std::string sql = select<Environment>("namespace_id = $1 AND name = $2");
  static const std::string services = select<InferenceService>("environment_id = $1 ORDER BY name");
  // Those that souk wrote itself tell of deployments, which stay where they are.
  static const std::string serves =
      select<ServeModel>("inference_service_id = $1 AND revision_id IS NULL ORDER BY name");
  return store_.read([&](store::Tx& tx) -> Result<bool> {
    const auto found = SOUK_TRY(tx.first<Environment>(sql, namespace_id_, name));
    if (!found) return false;
    Parts to(environment_unit(name), take);
    SOUK_TRY(to.add({.type = LineType::ENVIRONMENT, .key = key_of_environment(name), .row = row_text(*found)}));
    for (InferenceService& service : SOUK_TRY(tx.all<InferenceService>(services, found->id))) {
      const std::string key = key_of_service(name, service.name);
      Line line{.type = LineType::INFERENCE_SERVICE, .key = key};
      line.refs.emplace()["environment_id"] = key_of_environment(name);
      const auto model = SOUK_TRY(find_model(tx, service.model_id));
      if (!model || model->namespace_id != namespace_id_) continue;
      (*line.refs)["model_id"] = key_of_model(model->slug);
      if (service.version_id) {
        const Keys versions = SOUK_TRY(version_keys(tx, {service.version_id->value}));
        if (!versions.empty()) (*line.refs)["version_id"] = versions.begin()->second;
      }
      service.desired_state = ServiceState::UNDEPLOYED;
      const InferenceServiceId id = service.id;
      line.row = row_text(std::move(service));
      SOUK_TRY(to.add(line));
      for (ServeModel& serve : SOUK_TRY(tx.all<ServeModel>(serves, id))) {
        const Keys versions = SOUK_TRY(version_keys(tx, {serve.version_id.value}));
        if (versions.empty()) continue;
        Line one{.type = LineType::SERVE_MODEL};
        one.refs.emplace()["inference_service_id"] = key;
        (*one.refs)["version_id"] = versions.begin()->second;
        one.row = row_text(std::move(serve));
        SOUK_TRY(to.add(one));
      }
    }
    SOUK_TRY(to.finish());
    return true;
  });
}

// --- lineage --------------------------------------------------------------------------------------------

// How a node is called in the archive; none: it is not in it.
Result<std::optional<std::string>> Exporter::node(store::Tx& tx, const std::string& node) {
  const std::string kind = node.substr(0, node.find(':')),
                    rest = node.substr(std::min(node.find(':') + 1, node.size()));
  const std::int64_t id = std::strtoll(rest.c_str(), nullptr, 10);
  const auto of = [&](const Keys& keys) {
    const auto found = keys.find(id);
    return found == keys.end() ? std::nullopt : std::optional(found->second);
  };
  if (kind == "run") return of(runs_);
  if (kind == "artifact") return of(artifacts_);
  if (kind == "version") return of(SOUK_TRY(version_keys(tx, {id})));
  if (kind != "alias") return std::optional<std::string>();
  const auto model = SOUK_TRY(find_model(tx, ModelId(id)));
  if (!model || model->namespace_id != namespace_id_) return std::optional<std::string>();
  return std::optional("alias:" + model->slug + rest.substr(std::min(rest.find('@'), rest.size())));
}

Status Exporter::lineage(const TakePart& take) {
  std::set<std::vector<std::string>> edges;  // in an order that no id has a part in
  for (EdgeRow last;;) {
    const bool more = SOUK_TRY(store_.read([&](store::Tx& tx) -> Result<bool> {
      const auto page = SOUK_TRY(tx.all<EdgeRow>(
          "SELECT source, target, relation FROM edges WHERE (source, target, relation) > ($2, $3, $4) AND "
          "namespace_id = $1 ORDER BY source, target, relation LIMIT $5",
          namespace_id_, last.source, last.target, last.relation, kPage));
      if (page.empty()) return false;
      last = page.back();
      for (const EdgeRow& row : page) {
        const auto source = SOUK_TRY(node(tx, row.source)), target = SOUK_TRY(node(tx, row.target));
        if (source && target) edges.insert({*source, *target, row.relation});
      }
      return true;
    }));
    if (!more) break;
  }
  Parts to("lineage", take);
  for (const auto& edge : edges) {
    Line line{.type = LineType::EDGE};
    line.edge = edge;
    SOUK_TRY(to.add(line));
  }
  return to.finish();
}

}  // namespace souk::registry
