// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxDigits = 15;  // exact in a double, and room for names that are dates

const std::string& select_versions() {
  static const std::string sql = "SELECT " + store::columns<ModelVersion>() + " FROM model_versions WHERE ";
  return sql;
}

struct Inserted {
  VersionId id;
  bool is_alias = false;
};
BOOST_DESCRIBE_STRUCT(Inserted, (), (id, is_alias))

Error taken_by_version(std::string_view name, const std::string& label) {
  return already_exists(label + " has a version named '" + std::string(name) + "' already").at("name");
}
Error taken_by_alias(std::string_view name, const std::string& label) {
  return already_exists(label + " has an alias '" + std::string(name) + "', which a version cannot be named too")
      .at("name");
}

}  // namespace

Result<std::int64_t> number_of(std::string_view digits) {
  std::int64_t number = 0;
  if (digits.size() > kMaxDigits || digits.front() == '0') {
    return invalid_argument("'" + std::string(digits.substr(0, 40)) +
                            "' is no version number: numbers begin at 1, have no leading zero and at most 15 digits")
        .at("name");
  }
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Status check_version_name(std::string_view name) {
  SOUK_TRY(access::check_name(name, "name"));
  if (name == "latest" || name.starts_with("sha256-") || name.starts_with("sha256:")) {
    return invalid_argument("'" + std::string(name) + "' cannot be a version's name: it has a meaning of its own")
        .at("name");
  }
  if (is_all_digits(name)) SOUK_TRY(number_of(name));
  return {};
}

Status check_name_free(store::Tx& tx, ModelId model, std::string_view name, const std::string& label) {
  const auto version = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT number FROM model_versions WHERE model_id = $1 AND name = $2", model, name));
  if (version) return taken_by_version(name, label);
  if (SOUK_TRY(find_alias(tx, model, name))) return taken_by_alias(name, label);
  return {};
}

Result<std::optional<ModelVersion>> find_version(store::Tx& tx, ModelId model, std::string_view version) {
  static const std::string latest = select_versions() + "model_id = $1 ORDER BY number DESC LIMIT 1";
  static const std::string by_number = select_versions() + "model_id = $1 AND number = $2";
  static const std::string by_name = select_versions() + "model_id = $1 AND name = $2";
  if (version == "latest") return tx.first<ModelVersion>(latest, model);
  if (!is_all_digits(version)) return tx.first<ModelVersion>(by_name, model, version);
  const Result<std::int64_t> number = number_of(version);
  if (!number) return std::optional<ModelVersion>();
  return tx.first<ModelVersion>(by_number, model, *number);
}

Result<std::optional<ModelVersion>> find_version(store::Tx& tx, ModelId model, const Digest& digest) {
  static const std::string sql =
      select_versions() + "model_id = $1 AND sealed_digest = $2 ORDER BY number DESC LIMIT 1";
  return tx.first<ModelVersion>(sql, model, digest);
}

Result<std::optional<ModelVersion>> find_latest_sealed(store::Tx& tx, ModelId model) {
  static const std::string sql =
      select_versions() + "model_id = $1 AND sealed_digest IS NOT NULL ORDER BY number DESC LIMIT 1";
  return tx.first<ModelVersion>(sql, model);
}

Status hold_model(store::Tx& tx, ModelId model) {
  return tx.defer("UPDATE registered_models SET last_number = last_number WHERE id = $1", model);
}

Result<std::int64_t> take_number(store::Tx& tx, ModelId model, std::int64_t wanted, Time at, const std::string& label) {
  if (wanted == 0) {
    const auto next = SOUK_TRY(tx.scalar<std::int64_t>(
        "UPDATE registered_models SET last_number = last_number + 1, update_time = $1 WHERE id = $2 "
        "RETURNING last_number",
        at, model));
    if (!next) return not_found(label + " does not exist");
    return *next;
  }
  const auto taken = SOUK_TRY(tx.scalar<std::int64_t>(
      "UPDATE registered_models SET last_number = $1, update_time = $2 WHERE id = $3 AND last_number < $1 "
      "RETURNING last_number",
      wanted, at, model));
  if (taken) return *taken;
  const auto last = SOUK_TRY(tx.scalar<std::int64_t>("SELECT last_number FROM registered_models WHERE id = $1", model));
  if (!last) return not_found(label + " does not exist");
  const auto spent = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT number FROM model_versions WHERE model_id = $1 AND number = $2 UNION ALL "
                              "SELECT number FROM spent_numbers WHERE model_id = $1 AND number = $2",
                              model, wanted));
  if (!spent) return wanted;
  return failed_precondition(label + ": number " + std::to_string(wanted) + " was given before and never comes twice")
      .at("name")
      .advise("the next number is " + std::to_string(*last + 1));
}

Status insert_version(store::Tx& tx, ModelVersion& v, const std::string& label) {
  const auto inserted = SOUK_TRY(tx.first<Inserted>(
      "INSERT INTO model_versions (uid, model_id, number, name, description, author, state, uri, sealed_digest, "
      "format, runtime, missing, size_bytes, signature, declaration, custom_properties, create_time, update_time, "
      "seal_time, revision, external_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
      "$16, $17, $18, $19, $20, $21) ON CONFLICT DO NOTHING RETURNING id, "
      "EXISTS (SELECT 1 FROM aliases WHERE aliases.model_id = $2 AND aliases.name = $4)",
      v.uid, v.model_id, v.number, v.name, v.description, v.author, v.state, v.uri, v.sealed_digest, v.format,
      v.runtime, v.missing, v.size_bytes, v.signature, v.declaration, v.custom_properties, v.create_time, v.update_time,
      v.seal_time, v.revision, v.external_id));
  if (!inserted) return taken_by_version(v.name, label);
  if (inserted->is_alias) return taken_by_alias(v.name, label);
  v.id = inserted->id;
  return {};
}

Status update_version_row(store::Tx& tx, const ModelVersion& v) {
  return tx.defer(
      "UPDATE model_versions SET name = $1, description = $2, author = $3, state = $4, sealed_digest = $5, "
      "format = $6, runtime = $7, missing = $8, size_bytes = $9, signature = $10, declaration = $11, "
      "custom_properties = $12, update_time = $13, seal_time = $14, revision = $15, external_id = $16, uri = $17 "
      "WHERE id = $18",
      v.name, v.description, v.author, v.state, v.sealed_digest, v.format, v.runtime, v.missing, v.size_bytes,
      v.signature, v.declaration, v.custom_properties, v.update_time, v.seal_time, v.revision, v.external_id, v.uri,
      v.id);
}

Result<std::optional<ModelVersion>> find_version(store::Tx& tx, VersionId id) {
  static const std::string sql = select_versions() + "id = $1";
  return tx.first<ModelVersion>(sql, id);
}

Result<std::optional<VersionAndModel>> find_version_and_model(store::Tx& tx, VersionId id) {
  static const std::string sql = "SELECT " + store::columns<ModelVersion>("v") + ", " +
                                 store::columns<RegisteredModel>("m") +
                                 " FROM model_versions v JOIN registered_models m ON m.id = v.model_id WHERE v.id = $1";
  auto found = SOUK_TRY((tx.first_pair<ModelVersion, RegisteredModel>(sql, id)));
  if (!found) return std::optional<VersionAndModel>();
  return std::optional(VersionAndModel{std::move(found->first), std::move(found->second)});
}

Result<std::optional<VersionId>> find_version_external(store::Tx& tx, NamespaceId ns, std::string_view external_id) {
  return tx.scalar<VersionId>(
      "SELECT v.id FROM model_versions v JOIN registered_models m ON m.id = v.model_id "
      "WHERE v.external_id = $1 AND m.namespace_id = $2",
      external_id, ns);
}

Status delete_version_rows(store::Tx& tx, const ModelVersion& version) {
  for (std::string_view sql :
       {"DELETE FROM serve_models WHERE version_id = $1",
        "DELETE FROM artifact_properties WHERE owner_id IN "
        "(SELECT id FROM artifacts WHERE version_id = $1 AND run_id IS NULL)",
        "DELETE FROM artifacts WHERE version_id = $1 AND run_id IS NULL",
        "UPDATE artifacts SET model_id = NULL, version_id = NULL WHERE version_id = $1",
        "DELETE FROM model_version_properties WHERE owner_id = $1", "DELETE FROM model_versions WHERE id = $1"}) {
    SOUK_TRY(tx.defer(sql, version.id));
  }
  return tx.defer("INSERT INTO spent_numbers (model_id, number) VALUES ($1, $2)", version.model_id, version.number);
}

}  // namespace souk::registry
