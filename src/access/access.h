// SPDX-License-Identifier: Apache-2.0
//
// Access decides. A caller is named once, before dispatch (`authenticate`); an object is touched only through
// an Authorized<Object>, which only `authorize` makes. What a caller may not even see is not_found; what it may
// see but not do is permission_denied.
//
// Principals, keys, sessions and namespaces are kept in memory, loaded on first need and dropped by events, each
// alone, so that neither call costs a statement. Thread-safe.
// Beside it, over the same state: People (people/people.h), Sessions (sessions/sessions.h), Audit (audit/audit.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit/refusals.h"
#include "access/model.h"
#include "access/scopes.h"
#include "access/settings.h"
#include "access/visible.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "events/log.h"
#include "store/store.h"

namespace souk::access {

// An object together with the right that was checked on it. T has `ResourceRef resource() const`.
template <class T>
class Authorized {
 public:
  const T& operator*() const { return object_; }
  const T* operator->() const { return &object_; }
  Role role() const { return role_; }

 private:
  friend class Access;
  Authorized(T object, Role role) : object_(std::move(object)), role_(role) {}
  T object_;
  Role role_;
};

// Namespace as an object of its own.
struct NamespaceRef : Namespace {
  ResourceRef resource() const { return {ObjectKind::NAMESPACE, id.value, id, "namespace " + slug}; }
};

// What a key is to be bound to. A kind is MODEL or DEPLOYMENT; none and a namespace_id: all of that namespace.
struct NewKey {
  std::string name;
  Role role = Role::OWNER;              // without scopes: all actions up to it …
  std::vector<std::string> namespaces;  // … on these; empty: everywhere
  std::vector<NamedScope> scopes;
  std::optional<Duration> expires_in;
  std::string default_namespace;  // a slug; empty: its principal's
  std::string service_account;    // whose key it is, "namespace/name"; empty: the caller's
};
struct CreatedKey {
  ApiKey key;
  std::string secret;  // shown once; only its SHA-256 is kept
};

// What a request shows of who sends it.
struct Shown {
  std::string_view authorization = {};  // the header's value
  std::string_view session = {};        // of the cookie
};

class Access {
 public:
  Access(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev,
         AccessSettings settings = {});
  ~Access();

  // Keeps the first key where its owner finds it. What it keeps is no key before bootstrap has committed.
  using KeepKey = std::function<Status(const std::string& key)>;
  // To be called before anything else. The namespace `default`, the principal `admin`. Without dev, where there is no
  // key yet, a first one is made: kept, then committed, so that no crash loses it; returned too.
  Result<std::optional<std::string>> bootstrap(const KeepKey& keep = {});

  // "Bearer KEY", "Basic" with the key as password (OCI clients), or a session. In dev, neither means the anonymous
  // admin. Errors: unauthenticated
  Result<PrincipalPtr> authenticate(const Shown& shown);
  Result<PrincipalPtr> authenticate(std::string_view authorization) { return authenticate(Shown{authorization}); }
  // The same from memory, without blocking. Null: authenticate must ask the database.
  Result<PrincipalPtr> recognize(const Shown& shown);
  // Whether it may still do just what it says: for answers that go on. False once its key, session, grants or
  // teams changed, or when the first two ended; whoever asks again gets a fresh one. Does not block.
  bool holds(const Principal& principal) const;
  PrincipalPtr system() const;  // souk itself: reconcilers, start-up

  template <class T>
  Result<Authorized<T>> authorize(const Call& call, Role needed, T object) const {
    Role role = SOUK_TRY(check(call, needed, object.resource()));
    return Authorized<T>(std::move(object), role);
  }
  // For what has no object: creating namespaces, the keys of others. Errors: permission_denied
  Status require_everywhere(const Call& call, Role needed) const;

  // `namespace_column` and `id_column` are trusted SQL; `first` is the number of the next free parameter.
  Visible visible(const Call& call, ObjectKind kind, std::string_view namespace_column, std::string_view id_column,
                  int first) const;

  // Records that an object exists (the resources table), in the transaction that makes or removes it.
  Status add_resource(store::Tx& tx, const ResourceRef& resource);
  Status remove_resource(store::Tx& tx, const ResourceRef& resource);

  // Namespaces. An empty slug means call.namespace_. Errors: not_found, permission_denied
  Result<Authorized<NamespaceRef>> get_namespace(const Call& call, Role needed, std::string_view slug) const;
  // For rooms that check the right on an object inside it; an empty slug means call.namespace_.
  Result<std::optional<Namespace>> find_namespace(const Call& call, std::string_view slug) const;
  // Errors: not_found
  Result<std::string> namespace_slug(NamespaceId id) const;
  Result<std::vector<Namespace>> list_namespaces(const Call& call) const;
  // Errors: already_exists, invalid_argument
  Result<Namespace> create_namespace(const Call& call, std::string name, std::string slug, std::string description);

  // Keys of the caller (of `admin` for the anonymous caller of dev mode), or of a service account in a namespace that
  // it is ADMIN of; a key never exceeds nor outlives the one that made it. An admin sees and revokes everyone's.
  // Errors: permission_denied (a key that may not MANAGE everywhere), invalid_argument, not_found
  Result<CreatedKey> create_key(const Call& call, NewKey wanted);
  // Another secret for the same scope and lifetime; the old one works for `overlap` more.
  Result<CreatedKey> rotate_key(const Call& call, ApiKeyId id, Duration overlap);
  Result<std::vector<ApiKey>> list_keys(const Call& call) const;
  Status revoke_key(const Call& call, ApiKeyId id);

  // Signs the page tokens of lists (store/lists/listing.h).
  Result<std::string> page_token_key() const { return signing_key("page_token"); }
  // A secret of this installation, the same on every node; made on first need.
  Result<std::string> signing_key(std::string_view purpose) const;
  // For the audit: `call` was refused. Does not block.
  void note_refusal(const Call& call, Refusal refusal) const;
  // Writes down when keys and sessions were last used. A thread of Access does it once a minute.
  Status write_uses();

  struct State;
  State& state() const { return *state_; }  // for this room

 private:
  Result<Role> check(const Call& call, Role needed, const ResourceRef& resource) const;
  std::unique_ptr<State> state_;
};

// Who did it and from where, into an event.
void sign(events::NewEvent& event, const Call& call);

// OCI's path component grammar, ≤ 100 bytes, none of the reserved words. Errors: invalid_argument
Status check_slug(std::string_view slug);
// "Mein Modell 2" → "mein-modell-2"; invalid_argument when nothing is left.
Result<std::string> slug_of(std::string_view name);
// ≤ 250 bytes of valid UTF-8 without control characters, not blank. Errors: invalid_argument
Status check_name(std::string_view name, std::string_view field);
// ≤ `limit` bytes of valid UTF-8 without NUL; lines and nothing at all are fine. Errors: invalid_argument
Status check_text(std::string_view text, std::size_t limit, std::string_view field);
// A name from outside, for messages: a slug as it is, else quoted, cut and without control characters.
std::string as_shown(std::string_view text);

}  // namespace souk::access
