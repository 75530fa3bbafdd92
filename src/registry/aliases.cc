// SPDX-License-Identifier: Apache-2.0
#include "registry/state.h"

namespace souk::registry {

namespace {

Status check_alias_name(std::string_view name) {
  if (is_tag(name) && !is_all_digits(name) && name != "latest" && !name.starts_with("sha256-")) return {};
  return invalid_argument("the alias " + access::as_shown(name) +
                          " is not allowed: letters, digits, '_', '.' and '-', at most 128, not digits alone and not "
                          "'latest'")
      .at("alias");
}

Error missing_alias(const Place& place, std::string_view alias) {
  return not_found(place.label() + " has no alias " + access::as_shown(alias));
}

}  // namespace

Result<Alias> Registry::set_alias(const access::Call& call, const AuthorizedModel& model, std::string_view alias,
                                  std::string_view version) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  SOUK_TRY(check_alias_name(alias));
  return state_->store.write([&](store::Tx& tx) -> Result<Alias> {
    const auto target = SOUK_TRY(find_version(tx, model->id, version));
    if (!target) return missing_version(place, version);
    const auto named = SOUK_TRY(tx.scalar<std::int64_t>(
        "SELECT number FROM model_versions WHERE model_id = $1 AND name = $2", model->id, alias));
    if (named) {
      return already_exists(place.label() + " has a version named '" + std::string(alias) +
                            "', which an alias cannot be named too")
          .at("alias");
    }
    SOUK_TRY(move_alias(*state_, tx, call, place, alias, *target));
    const auto made = SOUK_TRY(find_alias(tx, model->id, alias));
    if (!made) return internal("an alias was set and is not there");
    return *made;
  });
}

Status Registry::remove_alias(const access::Call& call, const AuthorizedModel& model, std::string_view alias) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  return state_->store.write([&](store::Tx& tx) -> Status {
    const auto found = SOUK_TRY(find_alias(tx, model->id, alias));
    if (!found) return missing_alias(place, alias);
    return drop_alias(*state_, tx, call, place, *found);
  });
}

Result<std::vector<Alias>> Registry::list_aliases(const AuthorizedModel& model) {
  return state_->store.read([&](store::Tx& tx) { return aliases_of(tx, model->id, std::nullopt); });
}

Result<std::vector<AliasChange>> Registry::alias_history(const AuthorizedModel& model, std::string_view alias) {
  auto changes = SOUK_TRY(state_->store.read([&](store::Tx& tx) {
    return tx.all<AliasChange>(
        "SELECT version, actor, time FROM alias_changes WHERE model_id = $1 AND name = $2 ORDER BY id DESC LIMIT 1000",
        model->id, alias);
  }));
  if (changes.empty()) return missing_alias(SOUK_TRY(state_->place(*model)), alias);
  return changes;
}

}  // namespace souk::registry
