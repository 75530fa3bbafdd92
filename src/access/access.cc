// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"

#include <algorithm>

#include "access/idempotency.h"
#include "access/state.h"

namespace souk::access {

namespace {

PrincipalPtr everywhere(std::string name, PrincipalKind kind, Role role) {
  auto principal = std::make_shared<Principal>();
  principal->name = std::move(name);
  principal->kind = kind;
  principal->grant({.role = role});
  return principal;
}

bool same_word(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

// The key inside an Authorization header's value; empty when there is none in it.
std::string key_of(std::string_view header) {
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos) return {};
  std::string_view rest = header.substr(space);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  if (same_word(header.substr(0, space), "bearer")) return std::string(rest);
  if (!same_word(header.substr(0, space), "basic") || rest.size() > 1024) return {};
  const Result<std::string> pair = from_base64(rest);
  if (!pair) return {};
  const std::size_t colon = pair->find(':');
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

Error no_key(std::string message) {
  return unauthenticated(std::move(message)).advise("send 'Authorization: Bearer souk_…' with a key of this server");
}

std::string role_words(Role role) {
  return std::string(json::enum_name(role));
}

constexpr std::size_t kSessionToken = 43;

}  // namespace

Access::State::State(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev,
                     AccessSettings settings)
    : store(store),
      events(events),
      log(log),
      metrics(metrics),
      dev(dev),
      settings(std::move(settings)),
      directory(store),
      roster(store),
      credentials(store, roster),
      system(everywhere("system", PrincipalKind::SYSTEM, Role::OWNER)),
      anonymous(everywhere("anonymous", PrincipalKind::ANONYMOUS, Role::ADMIN)),
      accepted(metrics.counter("souk_access_authentications_total", "Callers named, by result", {"result"})
                   .with({"accepted"})),
      refused(metrics.counter("souk_access_authentications_total", "Callers named, by result", {"result"})
                  .with({"refused"})) {}

void sign(events::NewEvent& event, const Call& call) {
  if (call.principal) {
    event.actor = call.principal->name;
    event.actor_id = call.principal->id.value;
    event.credential = call.principal->credential;
  }
  event.trace_id = call.trace_id;
  event.address = call.address;
}

// Null: the database must be asked, which `may_load` allows.
Result<PrincipalPtr> Access::State::accept(const CredentialPtr& credential, bool may_load) {
  const Time at = now();
  const bool is_key = credential->kind == CredentialKind::key;
  if (credential->revoke_time) return no_key("the key " + credential->prefix + "… was revoked");
  if (credential->expire_time && *credential->expire_time <= at) {
    if (!is_key) return unauthenticated("this session has ended").advise("sign in again");
    return no_key("the key " + credential->prefix + "… expired at " + format_rfc3339(*credential->expire_time));
  }
  CredentialPtr used = credential;
  const auto idle = [&] {
    return !is_key && to_millis(at) - used->last_use.load(std::memory_order_relaxed) > settings.session_idle.count();
  };
  if (idle()) {
    if (!may_load) return PrincipalPtr();
    // Another node may have seen it since.
    used = SOUK_TRY(credentials.load(credential->kind, credential->hash));
    if (!used || idle()) return unauthenticated("this session was not used for too long").advise("sign in again");
  }
  PrincipalPtr principal = SOUK_TRY(may_load ? credentials.principal_of(used) : credentials.recall_principal(used));
  if (!principal) {
    if (!may_load) return principal;
    return no_key("the account of this key or session is gone");
  }
  credentials.note_use(*used, at);
  return principal;
}

namespace {

// What is to be looked up, and what to say when it is unknown.
struct Named {
  CredentialKind kind = CredentialKind::key;
  std::string secret;
  bool plausible = false;
};

Named name_of(const Shown& shown) {
  if (!shown.authorization.empty()) {
    std::string key = key_of(shown.authorization);
    const bool plausible = looks_like_key(key);
    return {CredentialKind::key, std::move(key), plausible};
  }
  return {CredentialKind::session, std::string(shown.session), shown.session.size() == kSessionToken};
}

Error unknown(const Named& named) {
  if (named.kind == CredentialKind::session) return unauthenticated("this session has ended").advise("sign in again");
  return no_key("this key is not known here");
}

// The map compares hashes as well; this comparison tells nothing by its time.
bool same(const Digest& a, const Digest& b) {
  const auto view = [](const Digest& digest) {
    return std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  };
  return equal_in_constant_time(view(a), view(b));
}

}  // namespace

Result<PrincipalPtr> Access::recognize(const Shown& shown) {
  const bool nothing = shown.authorization.empty() && shown.session.empty();
  if (nothing && state_->dev) return state_->anonymous;
  const Named named = name_of(shown);
  Result<PrincipalPtr> result = PrincipalPtr();
  if (nothing) {
    result = no_key("this server wants to know who asks");
  } else if (!named.plausible) {
    result = unknown(named);
  } else {
    const Digest hash = sha256(named.secret);
    const CredentialPtr known = state_->credentials.recall(named.kind, hash);
    if (!known || !same(hash, known->hash)) return PrincipalPtr();
    result = state_->accept(known, false);
  }
  if (!result && state_->dev && shown.authorization.empty()) return state_->anonymous;
  if (!result) state_->refused.add();
  if (result && *result) state_->accepted.add();
  return result;
}

Result<PrincipalPtr> Access::authenticate(const Shown& shown) {
  if (PrincipalPtr known = SOUK_TRY(recognize(shown))) return known;
  const Named named = name_of(shown);
  const Digest hash = sha256(named.secret);
  const CredentialPtr found = SOUK_TRY(state_->credentials.find(named.kind, hash));
  Result<PrincipalPtr> result =
      found && same(hash, found->hash) ? state_->accept(found, true) : Result<PrincipalPtr>(unknown(named));
  if (!result && state_->dev && shown.authorization.empty()) return state_->anonymous;
  (result ? state_->accepted : state_->refused).add();
  return result;
}

bool Access::holds(const Principal& principal) const {
  return !principal.standing || principal.standing->holds(state_->roster, now());
}

PrincipalPtr Access::system() const {
  return state_->system;
}

Result<Role> Access::check(const Call& call, Role needed, const ResourceRef& resource) const {
  const auto missing = [&] { return concealed(not_found(resource.label + " does not exist")); };
  if (!call.principal) return missing();
  const Principal& principal = *call.principal;
  if (principal.may(needed, resource)) return std::max(needed, principal.role_on(resource));
  const Role granted = principal.granted_on(resource);
  if (granted == Role::NONE || !principal.scope.covers(resource)) return missing();
  if (granted < needed) {
    return permission_denied(resource.label + ": this needs the role " + role_words(needed) + ", and you have " +
                             role_words(granted));
  }
  return permission_denied(resource.label + ": this key's scope does not allow to " +
                           std::string(json::enum_name(action_of(needed))))
      .advise("use a key with a wider scope");
}

Status Access::require_everywhere(const Call& call, Role needed) const {
  const Principal* principal = call.principal.get();
  if (principal && principal->granted_everywhere() >= needed && principal->scope.allows_everywhere(action_of(needed))) {
    return {};
  }
  return permission_denied("this needs the role " + role_words(needed) + " on the whole server");
}

Visible Access::visible(const Call& call, ObjectKind kind, std::string_view namespace_column,
                        std::string_view id_column, int first) const {
  if (!call.principal) return {"FALSE", {}};
  const Principal& principal = *call.principal;
  if (principal.role_everywhere() >= Role::READER) return {"TRUE", {}};
  std::vector<std::int64_t> namespaces;
  std::vector<std::int64_t> objects;
  // A scope narrows what is granted everywhere to its own places.
  for (const ScopeEntry& entry : principal.scope.entries) {
    if (!entry.allows(Action::READ) || !entry.namespace_id) continue;
    if (!entry.kind && principal.granted_everywhere() >= Role::READER) namespaces.push_back(entry.namespace_id.value);
    if (entry.kind != kind) continue;
    const ResourceRef object{kind, entry.object_id, entry.namespace_id, ""};
    if (principal.granted_on(object) >= Role::READER) objects.push_back(entry.object_id);
  }
  for (const auto& grants : principal.grants) {
    for (const Grants::Entry& one : grants->namespaces()) {
      if (one.role < Role::READER || !principal.scope.allows_in(Action::READ, NamespaceId(one.id))) continue;
      namespaces.push_back(one.id);
    }
    for (const Grants::Entry& one : grants->objects(kind)) {
      const ResourceRef object{kind, one.id, NamespaceId(one.namespace_id), ""};
      if (one.role >= Role::READER && principal.scope.allows(Action::READ, object)) objects.push_back(one.id);
    }
  }
  for (auto* list : {&namespaces, &objects}) {
    std::ranges::sort(*list);
    const auto same = std::ranges::unique(*list);
    list->erase(same.begin(), same.end());
  }
  Visible out;
  const store::Dialect dialect = state_->store.dialect();
  const auto add_list = [&](std::string_view column, const std::vector<std::int64_t>& ids) {
    if (ids.empty()) return;
    out.parameters.push_back(id_list(ids, dialect));
    const int place = first + static_cast<int>(out.parameters.size()) - 1;
    out.sql += (out.sql.empty() ? "(" : " OR ") + in_list(column, dialect, place);
  };
  add_list(namespace_column, namespaces);
  add_list(id_column, objects);
  out.sql = out.sql.empty() ? "FALSE" : out.sql + ")";
  out.namespaces = std::move(namespaces);
  out.objects = std::move(objects);
  return out;
}

Status Access::add_resource(store::Tx& tx, const ResourceRef& resource) {
  return tx.defer("INSERT INTO resources (kind, object_id, namespace_id) VALUES ($1, $2, $3)", resource.kind,
                  resource.id, resource.namespace_id);
}

Status Access::remove_resource(store::Tx& tx, const ResourceRef& resource) {
  SOUK_TRY(tx.defer("DELETE FROM resources WHERE kind = $1 AND object_id = $2", resource.kind, resource.id));
  return tx.defer("DELETE FROM grants WHERE kind = $1 AND object_id = $2", resource.kind, resource.id);
}

Result<std::string> Access::signing_key(std::string_view purpose) const {
  std::lock_guard lock(state_->signing_keys_mutex);
  if (const auto known = state_->signing_keys.find(purpose); known != state_->signing_keys.end()) return known->second;
  const auto find = [&](store::Tx& tx) {
    return tx.scalar<std::string>("SELECT key FROM signing_keys WHERE purpose = $1", purpose);
  };
  auto key = SOUK_TRY(state_->store.read(find));
  if (!key) {
    key = SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Result<std::optional<std::string>> {
      SOUK_TRY(
          tx.exec("INSERT INTO signing_keys (purpose, key, create_time) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                  purpose, random_token(43), now()));
      return find(tx);
    }));
  }
  if (!key) return internal("the key that signs " + std::string(purpose) + " could not be made");
  return state_->signing_keys.emplace(purpose, std::move(*key)).first->second;
}

void Access::note_refusal(const Call& call, Refusal refusal) const {
  state_->refusals.add(call, std::move(refusal));
}

}  // namespace souk::access
