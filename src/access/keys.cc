// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "access/idempotency.h"
#include "access/state.h"

namespace souk::access {

namespace {

constexpr Duration kLongest = std::chrono::days(3660);
constexpr std::size_t kMaxNamespaces = 100;
constexpr std::size_t kShown = 11;  // "souk_" and six characters
constexpr Duration kLongestOverlap = std::chrono::days(30);

struct KeyRow {
  ApiKeyId id;
  std::string name;
  std::string prefix;
  PrincipalId principal_id;
  std::string principal;
  json::Raw scopes;
  std::string default_namespace;
  Time create_time;
  std::optional<Time> expire_time;
  std::optional<Time> last_use_time;
  std::optional<Time> revoke_time;
  std::optional<ApiKeyId> replaced_by;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (),
                      (id, name, prefix, principal_id, principal, scopes, default_namespace, create_time, expire_time,
                       last_use_time, revoke_time, replaced_by))

constexpr std::string_view kSelect =
    "SELECT k.id, k.name, k.prefix, k.principal_id, p.name, k.scopes, k.default_namespace, k.create_time, "
    "k.expire_time, k.last_use_time, k.revoke_time, k.replaced_by FROM api_keys k "
    "JOIN principals p ON p.id = k.principal_id ";

// What of a made key is kept for a repeated request: never the secret.
struct MadeKey {
  ApiKeyId id;
};
BOOST_DESCRIBE_STRUCT(MadeKey, (), (id))

Status may_manage(const Call& call) {
  if (call.principal && call.principal->scope.allows_everywhere(Action::MANAGE)) return {};
  return permission_denied("this key may not manage keys: that takes one that may MANAGE everywhere");
}

std::string request_text(const NewKey& wanted, const std::vector<NamedScope>& scopes) {
  std::string out = "create_key" + write_scopes(scopes).text + wanted.default_namespace + "\n" + wanted.service_account;
  return out + "\n" + (wanted.expires_in ? std::to_string(wanted.expires_in->count()) : "") + "\n" + wanted.name;
}

Result<PrincipalId> find_admin(store::Tx& tx) {
  auto id = SOUK_TRY(tx.scalar<PrincipalId>("SELECT id FROM principals WHERE name = $1", kAdmin));
  if (!id) return failed_precondition("this database was not set up: it has no principal 'admin'");
  return *id;
}

// Bounds what is wanted by what the maker's own key may do everywhere.
Status bound(const Principal& maker, std::vector<NamedScope>& scopes) {
  std::uint32_t own = actions_up_to(maker.id ? Role::OWNER : maker.granted_everywhere());
  for (unsigned bit = 0; bit < 5; ++bit) {
    if (!maker.scope.allows_everywhere(static_cast<Action>(bit))) own &= ~(1u << bit);
  }
  if (scopes.empty() && own != actions_up_to(Role::OWNER)) scopes.push_back({{.actions = own}, ""});
  for (NamedScope& scope : scopes) {
    scope.entry.actions &= own;
    if (scope.entry.actions == 0)
      return permission_denied("your key allows none of the actions asked for").at("scopes");
  }
  return {};
}

Result<std::optional<Time>> expiry_of(const Principal& maker, const std::optional<Duration>& expires_in) {
  std::optional<Time> at;
  if (expires_in) {
    if (*expires_in <= Duration(0) || *expires_in > kLongest) {
      return invalid_argument("expires_in must be above 0 and at most 10 years").at("expires_in");
    }
    at = now() + *expires_in;
  }
  const auto& most = maker.scope.expire_time;
  // A session ends soon; the keys made in it are its owner's all the same.
  const bool is_key = maker.credential.starts_with("key");
  if (most && is_key) at = std::min(at.value_or(*most), *most);
  return at;
}

Result<KeyRow> find_key(store::Tx& tx, ApiKeyId id, const Call& call) {
  static const std::string sql = std::string(kSelect) + "WHERE k.id = $1";
  auto row = SOUK_TRY(tx.first<KeyRow>(sql, id));
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  if (row && (all || row->principal_id == call.principal->id)) return std::move(*row);
  // Of a service account: whoever manages its namespace.
  if (row) {
    const auto ns =
        SOUK_TRY(tx.scalar<NamespaceId>("SELECT namespace_id FROM principals WHERE id = $1", row->principal_id));
    if (ns && call.principal->role_in(*ns) >= Role::ADMIN) return std::move(*row);
  }
  return not_found("API key " + std::to_string(id.value) + " does not exist");
}

}  // namespace

Result<CreatedKey> insert_key(store::Tx& tx, const KeyToMake& wanted, std::string secret) {
  CreatedKey made;
  made.secret = std::move(secret);
  made.key.name = wanted.name;
  made.key.prefix = made.secret.substr(0, kShown);
  made.key.principal_id = wanted.principal;
  made.key.default_namespace = wanted.default_namespace;
  made.key.create_time = now();
  made.key.expire_time = wanted.expire_time;
  const auto id = SOUK_TRY(tx.scalar<ApiKeyId>(
      "INSERT INTO api_keys (hash, name, prefix, principal_id, scopes, default_namespace, create_time, expire_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
      sha256(made.secret), made.key.name, made.key.prefix, made.key.principal_id, write_scopes(wanted.scopes),
      made.key.default_namespace, made.key.create_time, made.key.expire_time));
  made.key.id = id.value_or(ApiKeyId());
  return made;
}

namespace {

// What the row's scopes say, as they are shown.
Status show_scopes(const Access& access, const std::vector<NamedScope>& scopes, ApiKey& key) {
  Scope all;
  for (NamedScope one : scopes) {
    all.entries.push_back(one.entry);
    const bool whole = one.entry.namespace_id && !one.entry.kind;
    if (whole) {
      one.name = SOUK_TRY(access.namespace_slug(one.entry.namespace_id));
      key.namespaces.push_back(one.name);
    }
    key.scopes.push_back(shown(one));
  }
  key.role = all.role();
  return {};
}

Result<ApiKey> shape(const Access& access, KeyRow row) {
  ApiKey key;
  key.id = row.id;
  key.name = std::move(row.name);
  key.prefix = std::move(row.prefix);
  key.principal_id = row.principal_id;
  key.principal = std::move(row.principal);
  key.default_namespace = std::move(row.default_namespace);
  key.create_time = row.create_time;
  key.expire_time = row.expire_time;
  key.last_use_time = row.last_use_time;
  key.revoke_time = row.revoke_time;
  key.replaced_by = row.replaced_by;
  SOUK_TRY(show_scopes(access, SOUK_TRY(parse_named_scopes(row.scopes)), key));
  return key;
}

// The scopes of a wish that names only a role and namespaces.
Result<std::vector<NamedScope>> scopes_of(const Access& access, const Call& call, const NewKey& wanted) {
  if (!wanted.scopes.empty()) return wanted.scopes;
  if (wanted.role == Role::NONE) return invalid_argument("a key needs a role").at("role");
  const std::uint32_t actions = actions_up_to(wanted.role);
  std::vector<NamedScope> scopes;
  for (const std::string& slug : wanted.namespaces) {
    const auto ns = SOUK_TRY(access.get_namespace(call, Role::READER, slug.empty() ? "''" : slug));
    const auto same = [&](const NamedScope& one) { return one.entry.namespace_id == ns->id; };
    if (std::ranges::none_of(scopes, same)) scopes.push_back({{.actions = actions, .namespace_id = ns->id}, ns->slug});
  }
  if (scopes.empty() && wanted.role != Role::OWNER) scopes.push_back({{.actions = actions}, ""});
  return scopes;
}

struct Account {
  PrincipalId id;
  NamespaceId namespace_id;
};
BOOST_DESCRIBE_STRUCT(Account, (), (id, namespace_id))

// Whose the key is to be.
Result<PrincipalId> holder_of(store::Tx& tx, const Call& call, const std::string& service_account) {
  if (service_account.empty()) return call.principal->id ? call.principal->id : SOUK_TRY(find_admin(tx));
  const auto account = SOUK_TRY(tx.first<Account>(
      "SELECT id, namespace_id FROM principals WHERE kind = 'SERVICE_ACCOUNT' AND name = $1", service_account));
  if (account && call.principal->role_in(account->namespace_id) >= Role::ADMIN) return account->id;
  return not_found("service account " + as_shown(service_account) + " does not exist, or is not yours")
      .at("service_account");
}

}  // namespace

Result<CreatedKey> Access::create_key(const Call& call, NewKey wanted) {
  SOUK_TRY(may_manage(call));
  SOUK_TRY(check_name(wanted.name, "name"));
  if (wanted.namespaces.size() > kMaxNamespaces) return invalid_argument("at most 100 namespaces").at("namespaces");
  if (wanted.scopes.size() > kMaxNamespaces) return invalid_argument("at most 100 scopes").at("scopes");
  KeyToMake key{.name = wanted.name};
  key.scopes = SOUK_TRY(scopes_of(*this, call, wanted));
  SOUK_TRY(bound(*call.principal, key.scopes));
  key.expire_time = SOUK_TRY(expiry_of(*call.principal, wanted.expires_in));
  if (!wanted.default_namespace.empty()) {
    key.default_namespace = SOUK_TRY(get_namespace(call, Role::READER, wanted.default_namespace))->slug;
  }
  std::optional<CreatedKey> out;
  const auto made = SOUK_TRY(state_->store.write([&](store::Tx& tx) {
    out.reset();
    return once<MadeKey>(
        tx, call, [&] { return request_text(wanted, key.scopes); },
        [&]() -> Result<MadeKey> {
          key.principal = SOUK_TRY(holder_of(tx, call, wanted.service_account));
          out = SOUK_TRY(insert_key(tx, key));
          SOUK_TRY(state_->append(tx, call,
                                  {.type = "api_key.created",
                                   .kind = "api_key",
                                   .id = out->key.id.value,
                                   .name = key.name,
                                   .detail = write_scopes(key.scopes).text}));
          return MadeKey{out->key.id};
        });
  }));
  if (!out) {
    return failed_precondition("this request made API key " + std::to_string(made.id.value) +
                               " before, and a key is shown only once")
        .advise("revoke it and make another under a new Idempotency-Key");
  }
  out->key.principal = wanted.service_account.empty() ? call.principal->name : wanted.service_account;
  SOUK_TRY(show_scopes(*this, key.scopes, out->key));
  return std::move(*out);
}

Result<CreatedKey> Access::rotate_key(const Call& call, ApiKeyId id, Duration overlap) {
  SOUK_TRY(may_manage(call));
  if (overlap < Duration(0) || overlap > kLongestOverlap) {
    return invalid_argument("overlap is at most 30 days").at("overlap");
  }
  std::string principal;
  std::vector<NamedScope> scopes;
  auto made = SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Result<CreatedKey> {
    const KeyRow old = SOUK_TRY(find_key(tx, id, call));
    const Time at = now();
    if (old.revoke_time || old.replaced_by || (old.expire_time && *old.expire_time <= at)) {
      return failed_precondition("API key " + std::to_string(id.value) +
                                 (old.replaced_by ? " was replaced before" : " works no more"))
          .advise("make a new one");
    }
    scopes = SOUK_TRY(parse_named_scopes(old.scopes));
    SOUK_TRY(bound(*call.principal, scopes));
    KeyToMake key{old.principal_id, old.name, scopes, old.default_namespace, {}};
    const auto lifetime = old.expire_time ? std::optional(*old.expire_time - old.create_time) : std::nullopt;
    key.expire_time = SOUK_TRY(expiry_of(*call.principal, lifetime));
    CreatedKey fresh = SOUK_TRY(insert_key(tx, key));
    const Time until = std::min(old.expire_time.value_or(Time::max()), at + overlap);
    SOUK_TRY(tx.exec("UPDATE api_keys SET expire_time = $1, replaced_by = $2 WHERE id = $3", until, fresh.key.id, id));
    SOUK_TRY(state_->append(tx, call,
                            {.type = "api_key.rotated",
                             .kind = "api_key",
                             .id = id.value,
                             .name = old.name,
                             .touched = {.keys = {id.value}}}));
    principal = old.principal;
    return fresh;
  }));
  made.key.principal = std::move(principal);
  SOUK_TRY(show_scopes(*this, scopes, made.key));
  return made;
}

Result<std::vector<ApiKey>> Access::list_keys(const Call& call) const {
  SOUK_TRY(may_manage(call));
  static const std::string of_all = std::string(kSelect) + "ORDER BY k.id";
  static const std::string of_one = std::string(kSelect) + "WHERE k.principal_id = $1 ORDER BY k.id";
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  auto rows = SOUK_TRY(state_->store.read(
      [&](store::Tx& tx) { return all ? tx.all<KeyRow>(of_all) : tx.all<KeyRow>(of_one, call.principal->id); }));
  std::vector<ApiKey> out;
  for (KeyRow& row : rows) out.push_back(SOUK_TRY(shape(*this, std::move(row))));
  return out;
}

Status Access::revoke_key(const Call& call, ApiKeyId id) {
  SOUK_TRY(may_manage(call));
  return state_->store.write([&](store::Tx& tx) -> Status {
    const KeyRow row = SOUK_TRY(find_key(tx, id, call));
    if (row.revoke_time) return {};
    SOUK_TRY(tx.exec("UPDATE api_keys SET revoke_time = $1 WHERE id = $2", now(), id));
    return state_->append(tx, call,
                          {.type = "api_key.revoked",
                           .kind = "api_key",
                           .id = id.value,
                           .name = row.name,
                           .touched = {.keys = {id.value}}});
  });
}

Status Access::write_uses() {
  const Uses uses = state_->credentials.take_uses();
  Status written = state_->store.write([&](store::Tx& tx) -> Status {
    for (const auto& [credential, at] : uses) {
      const auto& [kind, id] = credential;
      if (kind == CredentialKind::key) {
        SOUK_TRY(tx.defer(
            "UPDATE api_keys SET last_use_time = $1 WHERE id = $2 AND (last_use_time IS NULL OR last_use_time < $3)",
            at, id, at));
      } else {
        SOUK_TRY(tx.defer("UPDATE sessions SET last_use_time = $1 WHERE id = $2 AND last_use_time < $3", at, id, at));
      }
    }
    SOUK_TRY(tx.defer("DELETE FROM sessions WHERE expire_time < $1 OR last_use_time < $2", now(),
                      now() - state_->settings.session_idle - std::chrono::minutes(10)));
    SOUK_TRY(tx.defer("DELETE FROM password_links WHERE expire_time < $1", now()));
    return forget_answers(tx);
  });
  if (!written) state_->credentials.give_back(uses);
  return written;
}

}  // namespace souk::access
