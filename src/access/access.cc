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
  principal->grants.push_back({.role = role});
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

}  // namespace

Access::State::State(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev)
    : store(store),
      events(events),
      log(log),
      dev(dev),
      directory(store),
      keys(store),
      system(everywhere("system", PrincipalKind::SYSTEM, Role::OWNER)),
      anonymous(everywhere("anonymous", PrincipalKind::ANONYMOUS, Role::ADMIN)),
      accepted(metrics.counter("souk_access_authentications_total", "Callers named, by result", {"result"})
                   .with({"accepted"})),
      refused(metrics.counter("souk_access_authentications_total", "Callers named, by result", {"result"})
                  .with({"refused"})) {}

void Access::State::drop() {
  directory.drop();
  keys.drop();
}

void Access::State::drop_after(store::Tx& tx) {
  tx.on_commit([this] { drop(); });
}

Status Access::State::append(store::Tx& tx, const Call& call, std::string_view type, std::string_view kind,
                             std::int64_t id, std::string_view name, const Namespace* ns) {
  events::NewEvent event;
  event.type = type;
  if (ns != nullptr) {
    event.namespace_id = ns->id;
    event.namespace_ = ns->slug;
  }
  event.kind = kind;
  event.id = id;
  event.name = name;
  event.actor = call.principal->name;
  event.trace_id = call.trace_id;
  event.data = json::Raw{"{}"};
  return events.append(tx, event);
}

Result<PrincipalPtr> Access::authenticate(std::string_view authorization) {
  if (authorization.empty()) {
    if (state_->dev) return state_->anonymous;
    state_->refused.add();
    return no_key("this server wants to know who asks");
  }
  const std::string key = key_of(authorization);
  const Digest hash = sha256(key);
  const auto known = looks_like_key(key) ? SOUK_TRY(state_->keys.find(hash)) : nullptr;
  const Time at = now();
  // The map compares hashes as well; this comparison tells nothing by its time.
  const bool matches =
      known && equal_in_constant_time(
                   std::string_view(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()),
                   std::string_view(reinterpret_cast<const char*>(known->hash.bytes.data()), known->hash.bytes.size()));
  if (!matches || known->revoke_time || (known->expire_time && *known->expire_time <= at)) {
    state_->refused.add();
    if (!matches) return no_key("this key is not known here");
    if (known->revoke_time) return no_key("the key " + known->prefix + "… was revoked");
    return no_key("the key " + known->prefix + "… expired at " + format_rfc3339(*known->expire_time));
  }
  state_->keys.note_use(*known, at);
  state_->accepted.add();
  return known->principal;
}

PrincipalPtr Access::system() const {
  return state_->system;
}

Result<Role> Access::check(const Call& call, Role needed, const ResourceRef& resource) const {
  const Role role = call.principal ? call.principal->role_on(resource) : Role::NONE;
  if (role == Role::NONE) return not_found(resource.label + " does not exist");
  if (role >= needed) return role;
  return permission_denied(resource.label + ": this needs the role " + role_words(needed) + ", and you have " +
                           role_words(role));
}

Status Access::require_everywhere(const Call& call, Role needed) const {
  const Role role = call.principal ? call.principal->role_everywhere() : Role::NONE;
  if (role >= needed) return {};
  return permission_denied("this needs the role " + role_words(needed) + " on the whole server");
}

Visible Access::visible(const Call& call, ObjectKind kind, std::string_view namespace_column,
                        std::string_view id_column, int first) const {
  if (!call.principal) return {"FALSE", {}};
  if (call.principal->role_everywhere() >= Role::READER) return {"TRUE", {}};
  std::vector<std::int64_t> namespaces;
  std::vector<std::int64_t> objects;
  const auto add = [](std::vector<std::int64_t>& list, std::int64_t id) {
    if (std::ranges::find(list, id) == list.end()) list.push_back(id);
  };
  for (const NamespaceId id : call.principal->scope.namespaces) {
    if (call.principal->role_in(id) >= Role::READER) add(namespaces, id.value);
  }
  for (const Grant& grant : call.principal->grants) {
    if (!grant.kind && grant.namespace_id && call.principal->role_in(grant.namespace_id) >= Role::READER) {
      add(namespaces, grant.namespace_id.value);
    }
    const ResourceRef object{kind, grant.object_id, grant.namespace_id, ""};
    if (grant.kind == kind && call.principal->role_on(object) >= Role::READER) add(objects, grant.object_id);
  }
  Visible out;
  const auto add_list = [&](std::string_view column, std::vector<std::int64_t>& ids) {
    if (ids.empty()) return;
    // Lengths are powers of two, so that few statements are prepared however many ids there are.
    while ((ids.size() & (ids.size() - 1)) != 0) ids.push_back(ids.back());
    out.sql += (out.sql.empty() ? "(" : " OR ") + std::string(column) + " IN (";
    for (std::size_t i = 0; i < ids.size(); ++i) {
      out.parameters.emplace_back(ids[i]);
      out.sql += (i == 0 ? "$" : ", $") + std::to_string(first + static_cast<int>(out.parameters.size()) - 1);
    }
    out.sql += ")";
  };
  add_list(namespace_column, namespaces);
  add_list(id_column, objects);
  out.sql = out.sql.empty() ? "FALSE" : out.sql + ")";
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

Result<std::string> Access::page_token_key() const {
  std::lock_guard lock(state_->token_key_mutex);
  if (!state_->token_key.empty()) return state_->token_key;
  const auto find = [](store::Tx& tx) {
    return tx.scalar<std::string>("SELECT key FROM signing_keys WHERE purpose = $1", "page_token");
  };
  auto key = SOUK_TRY(state_->store.read(find));
  if (!key) {
    key = SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Result<std::optional<std::string>> {
      SOUK_TRY(
          tx.exec("INSERT INTO signing_keys (purpose, key, create_time) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                  "page_token", random_token(43), now()));
      return find(tx);
    }));
  }
  if (!key) return internal("the key that signs page tokens could not be made");
  state_->token_key = *key;
  return *key;
}

}  // namespace souk::access
