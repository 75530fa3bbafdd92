// SPDX-License-Identifier: Apache-2.0
#include "registry/state.h"

namespace souk::registry {

namespace {

using store::ColumnType;

// PUBLIC: granted to everyone, by itself, with its namespace or with all there is.
constexpr const char* kVisibility =
    "(CASE WHEN EXISTS (SELECT 1 FROM grants g WHERE g.principal_id IS NULL AND g.namespace_id IN (0, m.namespace_id) "
    "AND (g.kind IS NULL OR g.kind = 'MODEL' AND g.object_id = m.id)) THEN 'PUBLIC' ELSE 'PRIVATE' END)";

const store::ListSchema& model_schema() {
  static const store::ListSchema schema{
      .filter = {.columns = {{"id", "m.id", ColumnType::integer, true},
                             {"uid", "m.uid", ColumnType::text},
                             {"name", "m.name", ColumnType::text, true},
                             {"slug", "m.slug", ColumnType::text, true},
                             {"description", "m.description", ColumnType::text},
                             {"owner", "m.owner", ColumnType::text},
                             {"external_id", "m.external_id", ColumnType::text, false, "externalId"},
                             {"readme", "m.readme", ColumnType::text},
                             {"maturity", "m.maturity", ColumnType::text},
                             {"language", "m.language", ColumnType::texts},
                             {"tasks", "m.tasks", ColumnType::texts},
                             {"provider", "m.provider", ColumnType::text},
                             {"logo", "m.logo", ColumnType::text},
                             {"license", "m.license", ColumnType::text},
                             {"license_link", "m.license_link", ColumnType::text, false, "licenseLink"},
                             {"library_name", "m.library_name", ColumnType::text, false, "libraryName"},
                             {"state", "m.state", ColumnType::text},
                             {"create_time", "m.create_time", ColumnType::time, true, "createTimeSinceEpoch"},
                             {"update_time", "m.update_time", ColumnType::time, true, "lastUpdateTimeSinceEpoch"},
                             {"namespace", "(SELECT n.slug FROM namespaces n WHERE n.id = m.namespace_id)",
                              ColumnType::text},
                             {"visibility", kVisibility, ColumnType::text}},
                 .properties = {"model_properties", "m.id", {"custom_properties", "tags"}}},
      .id = "m.id",
      .default_order = "update_time desc"};
  return schema;
}

const store::ListSchema& version_schema() {
  static const store::ListSchema schema{
      .filter = {.columns = {{"id", "v.id", ColumnType::integer, true},
                             {"uid", "v.uid", ColumnType::text},
                             {"number", "v.number", ColumnType::integer, true},
                             {"name", "v.name", ColumnType::text, true},
                             {"description", "v.description", ColumnType::text},
                             {"author", "v.author", ColumnType::text},
                             {"state", "v.state", ColumnType::text},
                             {"digest", "v.sealed_digest", ColumnType::text},
                             {"format", "v.format", ColumnType::text},
                             {"runtime", "v.runtime", ColumnType::text},
                             {"size_bytes", "v.size_bytes", ColumnType::integer},
                             {"external_id", "v.external_id", ColumnType::text, false, "externalId"},
                             {"uri", "v.uri", ColumnType::text},
                             {"model_id", "v.model_id", ColumnType::integer, false, "registeredModelId"},
                             {"create_time", "v.create_time", ColumnType::time, true, "createTimeSinceEpoch"},
                             {"update_time", "v.update_time", ColumnType::time, true, "lastUpdateTimeSinceEpoch"}},
                 .properties = {"model_version_properties", "v.id", {"custom_properties"}}},
      .id = "v.id",
      .default_order = "number desc"};
  return schema;
}

// The columns of ListedModel: a list does not carry a megabyte of readme a row unless it is asked to.
const std::string& listed_columns(bool whole) {
  static const std::string all = store::columns<RegisteredModel>("m");
  static const std::string short_form = [] {
    std::string columns = all;
    columns.replace(columns.find("m.readme"), 8, "''");
    return columns.replace(columns.find("m.logo"), 6, "''");
  }();
  return whole ? all : short_form;
}

// The rows of a page over all namespaces, for a caller who does not see them all, in an order that has its indexes.
Result<store::Rows> rows_over_all(Registry::State& state, const access::Visible& visible, const ListQuery& query,
                                  const std::string& key, bool whole, store::Listing& listing) {
  const access::VisibleTable table{listed_columns(whole), "registered_models m", "m.namespace_id", "m.id"};
  listing = SOUK_TRY(compile_listing(query, model_schema(), state.store.dialect(), key, "models 0", 1));
  return state.store.read([&](store::Tx& tx) { return access::read_visible(tx, visible, table, listing); });
}

Result<Page<ListedModel>> shape_page(Registry::State& state, store::Rows rows, const store::Listing& listing,
                                     const std::string& key) {
  auto page = SOUK_TRY((store::page_of<RegisteredModel, ListedModel>(std::move(rows), listing, key)));
  for (ListedModel& listed : page.items) listed.namespace_ = SOUK_TRY(state.access.namespace_slug(listed.namespace_id));
  return page;
}

Result<Page<ListedModel>> list_visible(Registry::State& state, const access::Call& call, NamespaceId only,
                                       const ListQuery& query, bool whole) {
  const std::string key = SOUK_TRY(state.access.page_token_key());
  access::Visible visible = state.access.visible(call, access::ObjectKind::MODEL, "m.namespace_id", "m.id", 1);
  const bool by_update = query.order_by.empty() || query.order_by.starts_with("update_time");
  if (!only && by_update && visible.namespaces.size() + visible.objects.size() > 0) {
    store::Listing listing;
    auto rows = SOUK_TRY(rows_over_all(state, visible, query, key, whole, listing));
    return shape_page(state, std::move(rows), listing, key);
  }
  std::vector<store::Value> parameters = std::move(visible.parameters);
  std::string where = visible.sql;
  if (only) {
    parameters.emplace_back(only.value);
    where += " AND m.namespace_id = $" + std::to_string(parameters.size());
  }
  const store::Listing listing =
      SOUK_TRY(compile_listing(query, model_schema(), state.store.dialect(), key,
                               "models " + std::to_string(only.value), static_cast<int>(parameters.size()) + 1));
  const store::PageSource source{listed_columns(whole), "registered_models m", where, std::move(parameters)};
  auto rows = SOUK_TRY(state.pages.read(source, listing));
  return shape_page(state, std::move(rows), listing, key);
}

}  // namespace

Result<Page<ListedModel>> Registry::list_models(const access::Call& call, std::string_view ns, const ListQuery& query,
                                                bool whole) {
  if (ns.empty()) return list_visible(*state_, call, NamespaceId(), query, whole);
  const auto missing = [&] { return not_found("namespace " + access::as_shown(ns) + " does not exist"); };
  const auto found = SOUK_TRY(state_->access.find_namespace(call, ns));
  if (!found || !call.principal) return missing();
  auto page = list_visible(*state_, call, found->id, query, whole);
  // Who may not see the namespace may still see some of its models; who sees none is told as if it were not there.
  const bool sees_all = call.principal->role_in(found->id) >= access::Role::READER;
  if (!sees_all && (!page || page->items.empty())) return concealed(missing());
  return page;
}

Result<std::int64_t> Registry::count_models(const access::Call& call, std::string_view ns, std::string_view filter) {
  access::Visible visible = state_->access.visible(call, access::ObjectKind::MODEL, "m.namespace_id", "m.id", 1);
  std::string sql = "SELECT count(*) FROM registered_models m WHERE " + visible.sql;
  std::vector<store::Value> parameters = std::move(visible.parameters);
  if (!ns.empty()) {
    const auto found = SOUK_TRY(state_->access.find_namespace(call, ns));
    if (!found) return not_found("namespace " + access::as_shown(ns) + " does not exist");
    parameters.emplace_back(found->id.value);
    sql += " AND m.namespace_id = $" + std::to_string(parameters.size());
  }
  const store::Condition condition = SOUK_TRY(store::compile_filter(
      filter, model_schema().filter, state_->store.dialect(), static_cast<int>(parameters.size()) + 1));
  parameters.insert(parameters.end(), condition.parameters.begin(), condition.parameters.end());
  sql += " AND " + condition.sql;
  auto rows =
      SOUK_TRY(state_->store.read([&](store::Tx& tx) { return tx.run(sql, parameters); }, store::Statements::one));
  return store::from_value<std::int64_t>(rows.rows.at(0).at(0));
}

Result<Page<ModelVersion>> Registry::list_versions(const AuthorizedModel& model, const ListQuery& query) {
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  const store::Listing listing = SOUK_TRY(compile_listing(query, version_schema(), state_->store.dialect(), key,
                                                          "versions " + std::to_string(model->id.value), 2));
  const store::PageSource source{
      store::columns<ModelVersion>("v"), "model_versions v", "v.model_id = $1", {model->id.value}};
  auto rows = SOUK_TRY(state_->pages.read(source, listing));
  return store::page_of<ModelVersion>(std::move(rows), listing, key);
}

Result<Page<ModelVersion>> Registry::list_all_versions(const access::Call& call, std::string_view ns,
                                                       const ListQuery& query) {
  const auto missing = [&] { return not_found("namespace " + access::as_shown(ns) + " does not exist"); };
  const auto in = SOUK_TRY(state_->access.find_namespace(call, ns));
  if (!in || !call.principal) return missing();
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  access::Visible visible = state_->access.visible(call, access::ObjectKind::MODEL, "m.namespace_id", "m.id", 2);
  std::vector<store::Value> parameters{in->id.value};
  parameters.insert(parameters.end(), visible.parameters.begin(), visible.parameters.end());
  const store::Listing listing = SOUK_TRY(compile_listing(query, version_schema(), state_->store.dialect(), key,
                                                          "all versions " + std::to_string(in->id.value),
                                                          static_cast<int>(parameters.size()) + 1));
  const store::PageSource source{store::columns<ModelVersion>("v"), "model_versions v, registered_models m",
                                 "m.id = v.model_id AND m.namespace_id = $1 AND " + visible.sql, std::move(parameters)};
  auto rows = SOUK_TRY(state_->pages.read(source, listing));
  auto page = store::page_of<ModelVersion>(std::move(rows), listing, key);
  // Who sees none of them is told as if the namespace were not there.
  const bool sees_all = call.principal->role_in(in->id) >= access::Role::READER;
  if (!sees_all && (!page || page->items.empty())) return missing();
  return page;
}

}  // namespace souk::registry
