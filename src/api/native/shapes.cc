// SPDX-License-Identifier: Apache-2.0
#include "api/native/shapes.h"

#include <algorithm>
#include <charconv>

#include "api/error_table.h"

namespace souk::api::native {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> task_of(const std::optional<json::Raw>& signature) {
  if (!signature) return std::nullopt;
  Result<registry::Signature> parsed = json::read<registry::Signature>(signature->text, json::UnknownFields::ignore);
  return parsed ? parsed->task : std::nullopt;
}

Replica shape(const serving::Replica& replica) {
  Replica out;
  out.node = replica.node;
  out.state = replica.state;
  out.reason = replica.reason;
  if (replica.memory_bytes > 0) out.memory_bytes = replica.memory_bytes;
  if (replica.load_ms > 0) out.load_ms = replica.load_ms;
  if (replica.concurrency.sessions > 0) {
    out.sessions = replica.concurrency.sessions;
    out.threads = replica.concurrency.threads;
  }
  out.update_time = replica.update_time;
  return out;
}

Revision shape(const serving::DeploymentView& view, const serving::Revision& revision) {
  Revision out;
  out.number = revision.number;
  out.version = revision.version;
  out.digest = revision.digest;
  out.create_time = revision.create_time;
  if (view.traffic.empty()) out.traffic_percent = revision.number == view.serving_revision ? 100 : 0;
  for (const serving::TrafficRow& row : view.traffic) {
    if (row.revision_id != revision.id) continue;
    out.traffic_percent = row.weight;
    out.shadow_percent = row.shadow;
  }
  for (const serving::Replica& replica : view.replicas) {
    if (replica.revision_id != revision.id) continue;
    if (out.replicas.empty() || replica.state == serving::ReplicaState::READY) {
      out.state = replica.state;
      out.reason = replica.reason;
    }
    out.replicas.push_back(shape(replica));
  }
  return out;
}

}  // namespace

ModelVersion shape(const std::string& ns, const std::string& model, const registry::ModelVersion& version,
                   const std::vector<registry::Alias>& aliases) {
  ModelVersion out;
  out.id = version.id;
  out.uid = version.uid;
  out.namespace_ = ns;
  out.model = model;
  out.number = version.number;
  out.name = version.name;
  out.description = version.description;
  out.author = version.author;
  out.state = version.state;
  out.sealed = version.sealed_digest.has_value();
  out.digest = version.sealed_digest;
  if (out.sealed) out.size_bytes = version.size_bytes;
  out.format = unless_empty(version.format);
  out.runtime = unless_empty(version.runtime);
  out.missing = unless_empty(version.missing);
  out.task = task_of(version.signature);
  out.uri = version.uri;
  out.signature = version.signature;
  out.custom_properties = version.custom_properties;
  out.create_time = version.create_time;
  out.update_time = version.update_time;
  out.seal_time = version.seal_time;
  out.etag = std::to_string(version.revision);
  for (const registry::Alias& alias : aliases) {
    if (alias.version_id == version.id) out.aliases.push_back(alias.name);
  }
  return out;
}

Alias shape(const registry::Alias& alias) {
  return {alias.name, alias.version, alias.digest, alias.actor, alias.update_time};
}

Deployment shape(const serving::DeploymentView& view, const std::optional<registry::ModelVersion>& version) {
  const serving::Deployment& from = view.deployment;
  Deployment out;
  out.id = from.id;
  out.uid = from.uid;
  out.namespace_ = from.namespace_;
  out.slug = from.slug;
  out.name = from.name;
  out.model_namespace = from.model_namespace;
  out.model = from.model;
  out.reference = from.reference;
  out.follow = from.follow;
  out.desired_state = from.desired_state;
  out.state = view.state;
  out.reason = view.reason;
  out.revision = view.serving_revision;
  for (const serving::Revision& revision : view.revisions) {
    out.revisions.push_back(shape(view, revision));
    bool answers = revision.number == view.serving_revision;
    if (answers || (view.serving_revision == 0 && out.version == 0)) {
      out.version = revision.version;
      out.digest = revision.digest;
    }
  }
  if (version) {
    out.signature = version->signature;
    out.task = task_of(version->signature);
  }
  out.strategy = serving::strategy_of(from.strategy);
  if (view.rollout) {
    const serving::Rollout& r = *view.rollout;
    out.rollout = {r.number, r.revision, r.stable, r.state, r.step + 1, serving::weight_of(r), r.reason};
  }
  if (auto routing = json::read<serving::Routing>(from.routing.text)) out.routing = std::move(*routing);
  out.capacity = serving::capacity_of(from.capacity);
  out.batching = serving::override_of(from.batching);
  out.metrics = view.metrics;
  out.create_time = from.create_time;
  out.update_time = from.update_time;
  out.etag = std::to_string(from.generation);
  return out;
}

Result<std::optional<std::int64_t>> revision_of(const std::optional<std::string>& if_match) {
  if (!if_match || *if_match == "*") return std::optional<std::int64_t>();
  std::string_view text = *if_match;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t revision = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (fault != std::errc() || end != text.data() + text.size()) {
    // A tag that was never given out matches nothing.
    return failed_precondition("If-Match names an ETag that this object never had").at("If-Match");
  }
  return std::optional(revision);
}

std::optional<std::string> page_token_of(const std::string& token) {
  return unless_empty(token);
}

Result<registry::ListQuery> list_query(const ListFields& fields) {
  registry::ListQuery query;
  query.filter = fields.filter.value_or("");
  query.order_by = fields.order_by.value_or("");
  query.page_token = fields.page_token.value_or("");
  query.page_size = fields.page_size.value_or(query.page_size);
  if (query.page_size < 1 || query.page_size > 1000) {
    return invalid_argument("page_size is " + std::to_string(query.page_size) + "; 1 to 1000 is allowed")
        .at("page_size");
  }
  return query;
}

void add_routes(RouteTable& table, const Rooms& rooms) {
  RouteTable::Door door = table.door("native", &problem, {"/api/v1"});
  add_server(door, rooms);
  add_namespaces(door, rooms);
  add_models(door, rooms);
  add_versions(door, rooms);
  add_files(door, rooms);
  add_uploads(door, rooms);
  add_imports(door, rooms);
  add_blob_moves(door, rooms);
  add_aliases(door, rooms);
  add_deployments(door, rooms);
  add_rollouts(door, rooms);
  add_api_keys(door, rooms);
  add_users(door, rooms);
  add_teams(door, rooms);
  add_service_accounts(door, rooms);
  add_grants(door, rooms);
  add_sessions(door, rooms);
  add_audit(door, rooms);
  add_events(door, rooms);
  add_figures(door, rooms);
  add_queues(door, rooms);
  add_experiments(door, rooms);
  add_runs(door, rooms);
  add_run_logs(door, rooms);
  add_lineage(door, rooms);
  add_webhooks(door, rooms);
  add_compare(door, rooms);
  add_exchange(door, rooms);
  add_search(door, rooms);
  add_operations(door, rooms);
}

}  // namespace souk::api::native
