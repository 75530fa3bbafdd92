// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "access/idempotency.h"
#include "access/state.h"

namespace souk::access {

namespace {

constexpr Duration kLongest = std::chrono::days(3660);
constexpr std::size_t kMaxNamespaces = 100;
constexpr std::size_t kShown = 11;  // "souk_" and six characters

struct KeyRow {
  ApiKeyId id;
  std::string name;
  std::string prefix;
  PrincipalId principal_id;
  Role role = Role::NONE;
  json::Raw namespace_ids;
  Time create_time;
  std::optional<Time> expire_time;
  std::optional<Time> last_use_time;
  std::optional<Time> revoke_time;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (),
                      (id, name, prefix, principal_id, role, namespace_ids, create_time, expire_time, last_use_time,
                       revoke_time))

// What of a made key is kept for a repeated request: never the secret.
struct MadeKey {
  ApiKeyId id;
};
BOOST_DESCRIBE_STRUCT(MadeKey, (), (id))

Status may_manage(const Call& call) {
  if (call.principal && call.principal->scope.role >= Role::ADMIN && call.principal->scope.namespaces.empty())
    return {};
  return permission_denied("this key may not manage keys: that takes one with the role ADMIN and all namespaces");
}

std::string request_text(const NewKey& wanted) {
  std::string out = "create_key" + json::write(wanted.namespaces) + std::string(json::enum_name(wanted.role));
  return out + (wanted.expires_in ? std::to_string(wanted.expires_in->count()) : "") + "\n" + wanted.name;
}

Result<PrincipalId> find_admin(store::Tx& tx) {
  auto id = SOUK_TRY(tx.scalar<PrincipalId>("SELECT id FROM principals WHERE name = $1", kAdmin));
  if (!id) return failed_precondition("this database was not set up: it has no principal 'admin'");
  return *id;
}

}  // namespace

Result<CreatedKey> insert_key(store::Tx& tx, const KeyToMake& wanted) {
  CreatedKey made;
  made.secret = new_key();
  made.key = {.name = wanted.name,
              .prefix = made.secret.substr(0, kShown),
              .principal_id = wanted.principal,
              .role = wanted.role,
              .create_time = now(),
              .expire_time = wanted.expire_time};
  const auto id = SOUK_TRY(tx.scalar<ApiKeyId>(
      "INSERT INTO api_keys (hash, name, prefix, principal_id, role, namespace_ids, create_time, expire_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
      sha256(made.secret), made.key.name, made.key.prefix, made.key.principal_id, made.key.role,
      json::write(wanted.namespaces), made.key.create_time, made.key.expire_time));
  made.key.id = id.value_or(ApiKeyId());
  return made;
}

Result<CreatedKey> Access::create_key(const Call& call, NewKey wanted) {
  SOUK_TRY(may_manage(call));
  SOUK_TRY(check_name(wanted.name, "name"));
  if (wanted.role == Role::NONE) return invalid_argument("a key needs a role").at("role");
  if (wanted.namespaces.size() > kMaxNamespaces) return invalid_argument("at most 100 namespaces").at("namespaces");
  KeyToMake key{.name = wanted.name};
  const Role own =
      std::max(call.principal->role_everywhere(), call.principal->id ? call.principal->scope.role : Role::NONE);
  key.role = std::min(wanted.role, own);
  for (const std::string& slug : wanted.namespaces) {
    const auto ns = SOUK_TRY(get_namespace(call, Role::READER, slug.empty() ? "''" : slug));
    if (std::ranges::find(key.namespaces, ns->id) == key.namespaces.end()) key.namespaces.push_back(ns->id);
  }
  if (wanted.expires_in) {
    if (*wanted.expires_in <= Duration(0) || *wanted.expires_in > kLongest) {
      return invalid_argument("expires_in must be above 0 and at most 10 years").at("expires_in");
    }
    key.expire_time = now() + *wanted.expires_in;
  }
  const auto& bound = call.principal->scope.expire_time;
  if (bound) key.expire_time = std::min(key.expire_time.value_or(*bound), *bound);

  std::optional<CreatedKey> out;
  const auto made = SOUK_TRY(state_->store.write([&](store::Tx& tx) {
    out.reset();
    return once<MadeKey>(
        tx, call, [&] { return request_text(wanted); },
        [&]() -> Result<MadeKey> {
          key.principal = call.principal->id ? call.principal->id : SOUK_TRY(find_admin(tx));
          out = SOUK_TRY(insert_key(tx, key));
          SOUK_TRY(state_->append(tx, call, "api_key.created", "api_key", out->key.id.value, key.name, nullptr));
          return MadeKey{out->key.id};
        });
  }));
  if (!out) {
    return failed_precondition("this request made API key " + std::to_string(made.id.value) +
                               " before, and a key is shown only once")
        .advise("revoke it and make another under a new Idempotency-Key");
  }
  for (const NamespaceId id : key.namespaces) out->key.namespaces.push_back(SOUK_TRY(namespace_slug(id)));
  return std::move(*out);
}

Result<std::vector<ApiKey>> Access::list_keys(const Call& call) const {
  SOUK_TRY(may_manage(call));
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  static const std::string select = "SELECT " + store::columns<KeyRow>() + " FROM api_keys ";
  static const std::string of_all = select + "ORDER BY id";
  static const std::string of_one = select + "WHERE principal_id = $1 ORDER BY id";
  auto rows = SOUK_TRY(state_->store.read(
      [&](store::Tx& tx) { return all ? tx.all<KeyRow>(of_all) : tx.all<KeyRow>(of_one, call.principal->id); }));
  std::vector<ApiKey> out;
  for (KeyRow& row : rows) {
    ApiKey& key = out.emplace_back();
    key = {row.id, std::move(row.name), std::move(row.prefix), row.principal_id,  row.role,
           {},     row.create_time,     row.expire_time,       row.last_use_time, row.revoke_time};
    for (const NamespaceId id : SOUK_TRY(json::read<std::vector<NamespaceId>>(row.namespace_ids.text))) {
      key.namespaces.push_back(SOUK_TRY(namespace_slug(id)));
    }
  }
  return out;
}

Status Access::revoke_key(const Call& call, ApiKeyId id) {
  SOUK_TRY(may_manage(call));
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  return state_->store.write([&](store::Tx& tx) -> Status {
    static const std::string sql = "SELECT " + store::columns<KeyRow>() + " FROM api_keys WHERE id = $1";
    const auto row = SOUK_TRY(tx.first<KeyRow>(sql, id));
    if (!row || (!all && row->principal_id != call.principal->id)) {
      return not_found("API key " + std::to_string(id.value) + " does not exist");
    }
    if (row->revoke_time) return {};
    SOUK_TRY(tx.exec("UPDATE api_keys SET revoke_time = $1 WHERE id = $2", now(), id));
    SOUK_TRY(state_->append(tx, call, "api_key.revoked", "api_key", id.value, row->name, nullptr));
    state_->drop_after(tx);
    return {};
  });
}

Status Access::write_uses() {
  const auto uses = state_->keys.take_uses();
  Status written = state_->store.write([&](store::Tx& tx) -> Status {
    for (const auto& [id, at] : uses) {
      SOUK_TRY(tx.defer(
          "UPDATE api_keys SET last_use_time = $1 WHERE id = $2 AND (last_use_time IS NULL OR last_use_time < $3)", at,
          id, at));
    }
    return forget_answers(tx);
  });
  if (!written) state_->keys.give_back_uses(uses);
  return written;
}

}  // namespace souk::access
