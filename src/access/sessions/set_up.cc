// SPDX-License-Identifier: Apache-2.0
//
// Links that set a password once, and changing one's own.
#include "access/sessions/state.h"
#include "base/digest.h"

namespace souk::access {

namespace {

constexpr std::size_t kLink = 43;

struct LinkRow {
  std::optional<PrincipalId> principal_id;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(LinkRow, (), (principal_id, name))

Error no_link() {
  return unauthenticated("this link was used before, or has expired")
      .advise("ask an administrator for another; the first one is printed by `souk serve` at its start");
}

Result<LinkRow> find_link(store::Tx& tx, std::string_view token) {
  if (token.size() != kLink) return no_link();
  auto row =
      SOUK_TRY(tx.first<LinkRow>("SELECT l.principal_id, p.name FROM password_links l LEFT JOIN principals p "
                                 "ON p.id = l.principal_id WHERE l.hash = $1 AND l.expire_time > $2",
                                 sha256(token), now()));
  if (!row) return no_link();
  return std::move(*row);
}

Result<PasswordLink> insert_link(store::Tx& tx, std::optional<PrincipalId> principal, Duration lifetime) {
  const Time at = now();
  PasswordLink link{random_token(kLink), at + lifetime};
  SOUK_TRY(tx.exec("INSERT INTO password_links (hash, principal_id, create_time, expire_time) VALUES ($1, $2, $3, $4)",
                   sha256(link.token), principal, at, link.expire_time));
  return link;
}

// The administrator that the bearer of a set-up link names: a user that is there, or a new one.
Result<PrincipalRow> first_admin(Access& access, store::Tx& tx, const std::string& name) {
  auto found = SOUK_TRY(find_principal(tx, name));
  PrincipalRow row;
  if (found && found->kind != PrincipalKind::USER) {
    return already_exists("'" + name + "' is a team or a service account").at("name");
  }
  if (found) {
    row = std::move(*found);
    SOUK_TRY(tx.exec("UPDATE principals SET state = 'ACTIVE' WHERE id = $1", row.id));
  } else {
    row = {.name = name, .kind = PrincipalKind::USER};
    SOUK_TRY(add_owner(access, tx, row));
  }
  Call system;
  system.principal = access.system();
  SOUK_TRY(put_grant(tx, system, row.id, everything(), Role::OWNER));
  return row;
}

Status set_password(store::Tx& tx, PrincipalId user, const std::string& encoded) {
  SOUK_TRY(tx.exec("UPDATE principals SET password = $1 WHERE id = $2", encoded, user));
  SOUK_TRY(tx.exec("DELETE FROM password_links WHERE principal_id = $1", user));
  return {};
}

}  // namespace

Result<SignedIn> Sessions::State::set_up(const Call& call, const SetUp& wanted, const Browser& browser) {
  if (const auto wait = tries.addresses().take(network_of(call.address))) {
    return resource_exhausted("too many tries; try again in a while").retry_in(*wait);
  }
  const LinkRow link = SOUK_TRY(base.store.read([&](store::Tx& tx) { return find_link(tx, wanted.token); }));
  const std::string name = link.name.value_or(wanted.name.empty() ? std::string(kAdmin) : wanted.name);
  if (!link.principal_id) SOUK_TRY(check_principal_name(name));
  SOUK_TRY(check_password(wanted.password, name, base.settings.password_min_length));
  const std::string encoded = SOUK_TRY(passwords.hash(wanted.password));
  PrincipalRow who;
  auto out = SOUK_TRY(base.store.write([&](store::Tx& tx) -> Result<SignedIn> {
    SOUK_TRY(find_link(tx, wanted.token));
    if (SOUK_TRY(tx.exec("DELETE FROM password_links WHERE hash = $1", sha256(wanted.token))) != 1) return no_link();
    if (link.principal_id) {
      who = SOUK_TRY(get_principal(tx, PrincipalKind::USER, name));
    } else {
      who = SOUK_TRY(first_admin(access, tx, name));
      SOUK_TRY(tx.exec("DELETE FROM password_links WHERE principal_id IS NULL"));
    }
    SOUK_TRY(set_password(tx, who.id, encoded));
    SOUK_TRY(tx.exec("DELETE FROM sessions WHERE principal_id = $1", who.id));
    const Touched all{.subjects = {who.id.value}, .holders = {who.id.value}, .namespaces = true};
    SOUK_TRY(base.append(
        tx, call_of(call, who),
        {.type = "user.password_set", .kind = "user", .id = who.id.value, .name = who.name, .touched = all}));
    Touched touched;
    return begin(tx, call, who, browser, touched);
  }));
  out.device = SOUK_TRY(device_of(who.id, browser));
  tries.addresses().give_back(network_of(call.address));
  succeeded.add();
  return out;
}

Result<Sessions::Replaced> Sessions::State::change_password(const Call& call, const std::string& before,
                                                            const std::string& after) {
  const Principal& self = *call.principal;
  if (self.kind != PrincipalKind::USER || !self.id || !self.scope.unbounded()) {
    return permission_denied("only a user changes its own password, in a session or with an unbounded key");
  }
  const std::string device = "change " + std::to_string(self.id.value);
  if (const auto wait = tries.devices().take(device)) {
    return resource_exhausted("too many tries; try again in a while").retry_in(*wait);
  }
  const auto kept = SOUK_TRY(base.store.read(
      [&](store::Tx& tx) { return tx.scalar<std::string>("SELECT password FROM principals WHERE id = $1", self.id); }));
  if (!SOUK_TRY(passwords.matches(before, kept.value_or("")))) {
    tries.tell({.device = device});
    return permission_denied("the old password is wrong").at("old_password");
  }
  SOUK_TRY(check_password(after, self.name, base.settings.password_min_length));
  const std::string encoded = SOUK_TRY(passwords.hash(after));
  tries.devices().forgive(device);
  return base.store.write([&](store::Tx& tx) -> Result<Replaced> {
    const auto same = SOUK_TRY(tx.scalar<std::int64_t>("SELECT 1 FROM principals WHERE id = $1 AND password = $2",
                                                       self.id, kept.value_or("")));
    if (!same) return aborted("the password was changed meanwhile").advise("try again");
    SOUK_TRY(set_password(tx, self.id, encoded));
    const Touched touched = SOUK_TRY(end_others(tx, self.id, self));
    SOUK_TRY(base.append(
        tx, call,
        {.type = "user.password_set", .kind = "user", .id = self.id.value, .name = self.name, .touched = touched}));
    return replace(tx, call, Duration(0));
  });
}

Result<std::string> Sessions::link_owner(std::string_view token) const {
  const auto link = SOUK_TRY(state_->base.store.read([&](store::Tx& tx) { return find_link(tx, token); }));
  return link.name.value_or("");
}

Result<PasswordLink> Sessions::make_link(const Call& call, std::string_view user) {
  State& s = *state_;
  SOUK_TRY(s.access.require_everywhere(call, Role::ADMIN));
  return s.base.store.write([&](store::Tx& tx) -> Result<PasswordLink> {
    const PrincipalRow row = SOUK_TRY(get_principal(tx, PrincipalKind::USER, user));
    SOUK_TRY(not_above(SOUK_TRY(granted_role(tx, row.id, everything())), call.principal->role_everywhere()));
    SOUK_TRY(tx.exec("DELETE FROM password_links WHERE principal_id = $1", row.id));
    PasswordLink link = SOUK_TRY(insert_link(tx, row.id, s.base.settings.link_lifetime));
    SOUK_TRY(s.base.append(tx, call, {.type = "user.link_made", .kind = "user", .id = row.id.value, .name = row.name}));
    return link;
  });
}

Result<std::optional<PasswordLink>> Sessions::setup_link() {
  State& s = *state_;
  if (s.base.dev) return std::optional<PasswordLink>();
  const auto needed = [&](store::Tx& tx) -> Result<bool> {
    if (s.base.settings.setup_link) return true;
    return !SOUK_TRY(tx.scalar<std::int64_t>(
                         "SELECT 1 FROM principals WHERE kind = 'USER' AND password IS NOT NULL LIMIT 1"))
                .has_value();
  };
  if (!SOUK_TRY(s.base.store.read(needed))) return std::optional<PasswordLink>();
  return std::optional(SOUK_TRY(s.base.store.write([&](store::Tx& tx) -> Result<PasswordLink> {
    return insert_link(tx, std::nullopt, s.base.settings.link_lifetime);
  })));
}

}  // namespace souk::access
