// SPDX-License-Identifier: Apache-2.0
#include "registry/records/records.h"

#include "access/idempotency.h"
#include "registry/records/changes.h"
#include "registry/records/rows.h"

namespace souk::registry {

namespace {

template <class T>
Error missing(std::string_view what) {
  return not_found(std::string(Kind<T>::shown) + " " + std::string(what) + " does not exist");
}

// What tells one request to create from another: nothing that is new each time.
template <class T>
std::string asked_for(T wanted) {
  if (wanted.name == wanted.uid) wanted.name.clear();
  wanted.uid.clear();
  wanted.create_time = wanted.update_time = Time();
  return json::write(wanted);
}

// Whether the database's constraints alone keep a new record apart from others, so that it need not be made as if
// alone.
template <class T>
bool constraints_decide(const T&, bool unique) {
  if constexpr (std::is_same_v<T, Artifact>) return true;
  return std::is_same_v<T, ExperimentRun> && !unique;
}

template <class T>
access::ObjectKind visible_kind() {
  return std::is_same_v<T, Artifact> ? access::ObjectKind::MODEL : access::ObjectKind::NAMESPACE;
}

}  // namespace

template <class T>
Result<access::Authorized<T>> Records<T>::get(const access::Call& call, access::Role needed, IdType id) const {
  auto found = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_row<T>(tx, id); }, store::Statements::one));
  if (!found) return missing<T>(std::to_string(id.value));
  auto authorized = state_->access.authorize(call, needed, std::move(*found));
  if (!authorized && authorized.error().code == Code::not_found) return missing<T>(std::to_string(id.value));
  return authorized;
}

template <class T>
Result<T> Records<T>::create(const access::Call& call, T wanted, bool unique) const {
  wanted.uid = new_uid();
  wanted.create_time = wanted.update_time = now();
  wanted.revision = 1;
  SOUK_TRY(check_fields(static_cast<const T*>(nullptr), wanted));
  // An artifact's rights are its model's, which only its version tells.
  if constexpr (std::is_same_v<T, Artifact>) SOUK_TRY(find_model_of(*state_, wanted));
  SOUK_TRY(state_->access.authorize(call, access::Role::WRITER, wanted));
  const Writer by = SOUK_TRY(writer_in(*state_, call, wanted.namespace_id));
  return state_->store.write(
      [&](store::Tx& tx) {
        return access::once<T>(
            tx, call, [&] { return "create " + std::string(Kind<T>::noun) + asked_for(wanted); },
            [&]() -> Result<T> {
              T record = wanted;
              SOUK_TRY(insert_record(by, tx, record, unique));
              return record;
            });
      },
      constraints_decide(wanted, unique) ? store::Isolation::read_committed : store::Isolation::serializable);
}

template <class T>
Result<T> Records<T>::update(const access::Call& call, const access::Authorized<T>& record, const Change<T>& change,
                             std::optional<std::int64_t> if_match) const {
  SOUK_TRY(need(record.role(), access::Role::WRITER, label(*record)));
  const Writer by = SOUK_TRY(writer_in(*state_, call, record->namespace_id));
  return state_->store.write([&](store::Tx& tx) -> Result<T> {
    const auto before = SOUK_TRY(find_row<T>(tx, record->id));
    if (!before) return missing<T>(std::to_string(record->id.value));
    if (if_match && *if_match != before->revision) return changed_since(label(*before));
    T after = *before;
    SOUK_TRY(change(after));
    return change_record(by, tx, *before, std::move(after));
  });
}

template <class T>
Status Records<T>::remove(const access::Call& call, const access::Authorized<T>& record, bool cascade,
                          std::optional<std::int64_t> if_match) const {
  SOUK_TRY(need(record.role(), access::Role::WRITER, label(*record)));
  const Writer by = SOUK_TRY(writer_in(*state_, call, record->namespace_id));
  return state_->store.write([&](store::Tx& tx) -> Status {
    const auto before = SOUK_TRY(find_row<T>(tx, record->id));
    if (!before) return missing<T>(std::to_string(record->id.value));
    if (if_match && *if_match != before->revision) return changed_since(label(*before));
    const auto others = SOUK_TRY(dependents(tx, *before));
    if (!others.empty() && !cascade) {
      std::string names;
      for (const std::string& other : others) names += (names.empty() ? "" : ", ") + other;
      return failed_precondition(label(*before) + " still has " + names).advise("remove them first, or use cascade");
    }
    SOUK_TRY(remove_rows(tx, *before));
    return append_deleted(by, tx, *before);
  });
}

template <class T>
Result<access::Authorized<T>> Records<T>::find(const access::Call& call, const Lookup& lookup) const {
  std::vector<store::Value> parameters{lookup.namespace_id.value};
  std::string sql =
      "SELECT " + store::columns<T>() + " FROM " + std::string(Kind<T>::table) + " WHERE namespace_id = $1";
  const auto add = [&](std::string_view column, store::Value value) {
    parameters.push_back(std::move(value));
    sql += " AND " + std::string(column) + " = $" + std::to_string(parameters.size());
  };
  if (lookup.external_id) add("external_id", *lookup.external_id);
  if (lookup.name) add("name", *lookup.name);
  if (lookup.under.id != 0) add(json::enum_name(lookup.under.parent), lookup.under.id);
  if (lookup.kind) add("kind", store::to_value(*lookup.kind));
  sql += " ORDER BY id LIMIT 2";
  auto rows =
      SOUK_TRY(state_->store.read([&](store::Tx& tx) { return tx.run(sql, parameters); }, store::Statements::one));
  auto found = SOUK_TRY(store::rows_as<T>(std::move(rows)));
  const std::string shown = access::as_shown(lookup.name ? *lookup.name : lookup.external_id.value_or(""));
  if (found.empty()) return missing<T>(shown);
  if (found.size() > 1) {
    return not_found("several are called " + shown + ": no single " + std::string(Kind<T>::shown) + " can be found");
  }
  auto authorized = state_->access.authorize(call, access::Role::READER, std::move(found.front()));
  if (!authorized && authorized.error().code == Code::not_found) return missing<T>(shown);
  return authorized;
}

template <class T>
Result<Page<T>> Records<T>::list(const access::Call& call, const Under& under, const ListQuery& query,
                                 std::optional<ArtifactKind> kind) const {
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  const std::string_view id_column = std::is_same_v<T, Artifact> ? "t.model_id" : "t.namespace_id";
  access::Visible visible = state_->access.visible(call, visible_kind<T>(), "t.namespace_id", id_column, 1);
  std::vector<store::Value> parameters = std::move(visible.parameters);
  std::string where = visible.sql;
  const auto add = [&](std::string_view column, store::Value value) {
    parameters.push_back(std::move(value));
    where += " AND t." + std::string(column) + " = $" + std::to_string(parameters.size());
  };
  if (under.id != 0) add(json::enum_name(under.parent), under.id);
  if (kind) add("kind", store::to_value(*kind));
  const std::string scope = std::string(Kind<T>::table) + " " + std::string(json::enum_name(under.parent)) + " " +
                            std::to_string(under.id) + (kind ? " " + std::string(json::enum_name(*kind)) : "");
  const store::Listing listing = SOUK_TRY(compile_listing(query, list_schema<T>(), state_->store.dialect(), key, scope,
                                                          static_cast<int>(parameters.size()) + 1));
  const store::PageSource source{store::columns<T>("t"), std::string(Kind<T>::table) + " t", where,
                                 std::move(parameters)};
  auto rows = SOUK_TRY(state_->pages.read(source, listing));
  return store::page_of<T>(std::move(rows), listing, key);
}

template class Records<Experiment>;
template class Records<ExperimentRun>;
template class Records<Artifact>;
template class Records<Environment>;
template class Records<InferenceService>;
template class Records<ServeModel>;

}  // namespace souk::registry
