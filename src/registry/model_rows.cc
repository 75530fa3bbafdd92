// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "registry/state.h"

namespace souk::registry {

namespace {

const std::string& select_models() {
  static const std::string sql = "SELECT " + store::columns<RegisteredModel>() + " FROM registered_models WHERE ";
  return sql;
}

}  // namespace

Result<std::optional<RegisteredModel>> find_model(store::Tx& tx, NamespaceId ns, std::string_view slug) {
  static const std::string sql = select_models() + "namespace_id = $1 AND slug = $2";
  return tx.first<RegisteredModel>(sql, ns, slug);
}

Result<std::optional<RegisteredModel>> find_model(store::Tx& tx, ModelId id) {
  static const std::string sql = select_models() + "id = $1";
  return tx.first<RegisteredModel>(sql, id);
}

Result<bool> try_insert_model(store::Tx& tx, RegisteredModel& model) {
  const auto id = SOUK_TRY(tx.scalar<ModelId>(
      "INSERT INTO registered_models (uid, namespace_id, slug, name, description, readme, owner, state, tags, "
      "custom_properties, create_time, update_time, revision, external_id, maturity, provider, logo, license, "
      "license_link, library_name, language, tasks, last_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0) ON CONFLICT DO NOTHING RETURNING id",
      model.uid, model.namespace_id, model.slug, model.name, model.description, model.readme, model.owner, model.state,
      model.tags, model.custom_properties, model.create_time, model.update_time, model.revision, model.external_id,
      model.maturity, model.provider, model.logo, model.license, model.license_link, model.library_name, model.language,
      model.tasks));
  if (id) model.id = *id;
  return id.has_value();
}

Status update_model_row(store::Tx& tx, const RegisteredModel& model) {
  return tx.defer(
      "UPDATE registered_models SET name = $1, description = $2, readme = $3, owner = $4, state = $5, tags = $6, "
      "custom_properties = $7, update_time = $8, revision = $9, external_id = $10, maturity = $11, provider = $12, "
      "logo = $13, license = $14, license_link = $15, library_name = $16, language = $17, tasks = $18 WHERE id = $19",
      model.name, model.description, model.readme, model.owner, model.state, model.tags, model.custom_properties,
      model.update_time, model.revision, model.external_id, model.maturity, model.provider, model.logo, model.license,
      model.license_link, model.library_name, model.language, model.tasks, model.id);
}

Status delete_model_rows(store::Tx& tx, ModelId id) {
  for (std::string_view sql :
       {"DELETE FROM serve_models WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
        "DELETE FROM artifact_properties WHERE owner_id IN "
        "(SELECT id FROM artifacts WHERE model_id = $1 AND run_id IS NULL)",
        "DELETE FROM artifacts WHERE model_id = $1 AND run_id IS NULL",
        "UPDATE artifacts SET model_id = NULL, version_id = NULL WHERE model_id = $1",
        "DELETE FROM spent_numbers WHERE model_id = $1", "DELETE FROM aliases WHERE model_id = $1",
        "DELETE FROM alias_changes WHERE model_id = $1",
        "DELETE FROM model_version_properties WHERE owner_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
        "DELETE FROM model_versions WHERE model_id = $1", "DELETE FROM model_properties WHERE owner_id = $1",
        "DELETE FROM registered_models WHERE id = $1"}) {
    SOUK_TRY(tx.defer(sql, id));
  }
  return {};
}

Result<std::optional<RegisteredModel>> find_model_named(store::Tx& tx, NamespaceId ns, std::string_view name) {
  static const std::string sql = select_models() + "namespace_id = $1 AND name = $2";
  return tx.first<RegisteredModel>(sql, ns, name);
}

Result<std::optional<RegisteredModel>> find_model_external(store::Tx& tx, NamespaceId ns,
                                                           std::string_view external_id) {
  static const std::string sql = select_models() + "namespace_id = $1 AND external_id = $2";
  return tx.first<RegisteredModel>(sql, ns, external_id);
}

Result<std::string> free_slug(store::Tx& tx, NamespaceId ns, const std::string& slug) {
  // '.' is the character after '-': the range holds every slug that begins with `slug`-.
  const Result<store::Rows> rows =
      tx.run("SELECT slug FROM registered_models WHERE namespace_id = $1 AND slug > $2 AND slug < $3",
             std::vector<store::Value>{ns.value, slug + "-", slug + "."});
  if (!rows) return rows.error();
  std::set<std::string> taken;
  for (const auto& row : rows->rows) taken.insert(SOUK_TRY(store::from_value<std::string>(row.front())));
  for (int n = 2;; ++n) {
    std::string next = slug + "-" + std::to_string(n);
    if (!taken.contains(next)) return next;
  }
}

}  // namespace souk::registry
