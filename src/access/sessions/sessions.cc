// SPDX-License-Identifier: Apache-2.0
#include "access/sessions/sessions.h"

#include "access/people/rows.h"
#include "access/sessions/state.h"
#include "base/digest.h"

namespace souk::access {

namespace {

// Each waits for argon2id, which has few threads of its own.
constexpr std::size_t kWorkers = 4;
constexpr std::chrono::hours kTokenAge{1};
constexpr std::chrono::minutes kOverlap{1};

struct SessionRow {
  SessionId id;
  PrincipalId principal_id;
  std::string name;  // whose it is
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id, principal_id, name))

struct SessionPlace {
  SessionId id;
};
BOOST_DESCRIBE_STRUCT(SessionPlace, (), (id))

struct HeldSession {
  Time expire_time;
  std::string address;
  std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(HeldSession, (), (expire_time, address, user_agent))

struct SessionView {
  SessionId id;
  Time create_time;
  Time last_use_time;
  Time expire_time;
  std::string address;
  std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, create_time, last_use_time, expire_time, address, user_agent))

std::string credential_of(SessionId id) {
  return "session " + std::to_string(id.value);
}

// The session that a call came by; none: it came by a key.
std::optional<SessionId> session_of(const Call& call) {
  constexpr std::string_view kPrefix = "session ";
  if (!call.principal || !call.principal->credential.starts_with(kPrefix)) return std::nullopt;
  return SessionId(std::stoll(call.principal->credential.substr(kPrefix.size())));
}

// Sessions are managed by whoever signed in, not by a key that is bound to some objects.
Status may_manage(const Call& call) {
  if (call.principal && call.principal->id && call.principal->scope.allows_everywhere(Action::MANAGE)) return {};
  return permission_denied("this key may not manage sessions: that takes one that may MANAGE everywhere");
}

// Whose sessions are meant: the caller's own, or those of another user, for administrators.
Result<PrincipalRow> whose(store::Tx& tx, const Access& access, const Call& call, std::string_view user) {
  if (user.empty() || user == call.principal->name) {
    return PrincipalRow{.id = call.principal->id, .name = call.principal->name};
  }
  SOUK_TRY(access.require_everywhere(call, Role::ADMIN));
  return get_principal(tx, PrincipalKind::USER, user);
}

}  // namespace

std::string csrf_token(std::string_view session) {
  return to_hex(as_bytes(hmac_sha256(session, "csrf"))).substr(0, 43);
}

Result<Touched> end_others(store::Tx& tx, PrincipalId user, const Principal& self) {
  Touched touched;
  for (const SessionPlace& row :
       SOUK_TRY(tx.all<SessionPlace>("SELECT id FROM sessions WHERE principal_id = $1", user))) {
    if (credential_of(row.id) == self.credential) continue;
    SOUK_TRY(tx.exec("DELETE FROM sessions WHERE id = $1", row.id));
    touched.sessions.push_back(row.id.value);
  }
  return touched;
}

Sessions::State::State(Access& access)
    : access(access),
      base(access.state()),
      passwords(base.settings, base.metrics),
      tries(base.settings, base.store),
      succeeded(
          base.metrics.counter("souk_access_sign_ins_total", "Sign-ins, by result", {"result"}).with({"succeeded"})),
      failed(base.metrics.counter("souk_access_sign_ins_total", "Sign-ins, by result", {"result"}).with({"failed"})),
      slowed(base.metrics.counter("souk_access_sign_ins_total", "Sign-ins, by result", {"result"}).with({"slowed"})),
      workers("sign-ins", kWorkers, static_cast<std::size_t>(base.settings.password_queue)) {}

Sessions::Sessions(Access& access) : state_(std::make_unique<State>(access)) {}
Sessions::~Sessions() = default;

void Sessions::close() {
  state_->workers.close();
}

void Sessions::sign_in(const Call& call, SignIn wanted, Browser browser, Done done) {
  Status posted =
      state_->workers.post([s = state_.get(), call, wanted = std::move(wanted), browser = std::move(browser), done] {
        done(s->sign_in(call, wanted, browser));
      });
  if (!posted) done(std::move(posted).error());
}

void Sessions::set_up(const Call& call, SetUp wanted, Browser browser, Done done) {
  Status posted =
      state_->workers.post([s = state_.get(), call, wanted = std::move(wanted), browser = std::move(browser), done] {
        done(s->set_up(call, wanted, browser));
      });
  if (!posted) done(std::move(posted).error());
}

void Sessions::change_password(const Call& call, std::string old_password, std::string new_password,
                               std::function<void(Result<Replaced>)> done) {
  Status posted =
      state_->workers.post([s = state_.get(), call, before = std::move(old_password), after = std::move(new_password),
                            done] { done(s->change_password(call, before, after)); });
  if (!posted) done(std::move(posted).error());
}

Result<Sessions::Replaced> Sessions::State::replace(store::Tx& tx, const Call& call, Duration overlap) {
  const auto id = session_of(call);
  if (!id) return Replaced();
  const auto held =
      SOUK_TRY(tx.first<HeldSession>("SELECT expire_time, address, user_agent FROM sessions WHERE id = $1", *id));
  if (!held) return Replaced();
  const Time at = now();
  const SignedIn out{random_token(kToken), "", call.principal->name, held->expire_time};
  const auto fresh = SOUK_TRY(tx.scalar<std::int64_t>(
      "INSERT INTO sessions (hash, principal_id, create_time, last_use_time, expire_time, address, user_agent) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
      sha256(out.token), call.principal->id, at, at, held->expire_time, held->address, held->user_agent));
  SOUK_TRY(tx.exec("UPDATE sessions SET expire_time = $1 WHERE id = $2", at + overlap, *id));
  SOUK_TRY(base.append(tx, call,
                       {.type = "session.rotated",
                        .kind = "session",
                        .id = fresh.value_or(0),
                        .name = out.name,
                        .touched = {.sessions = {id->value}}}));
  return Replaced(out);
}

Result<Sessions::Replaced> Sessions::rotate(const Call& call) {
  const auto id = session_of(call);
  if (!id) return Replaced();
  const auto due = [&](store::Tx& tx) -> Result<bool> {
    const Time at = now();
    const auto row = SOUK_TRY(
        tx.scalar<std::int64_t>("SELECT 1 FROM sessions WHERE id = $1 AND create_time <= $2 AND expire_time > $3", *id,
                                at - kTokenAge, at + kOverlap));
    return row.has_value();
  };
  if (!SOUK_TRY(state_->base.store.read(due))) return Replaced();
  return state_->base.store.write([&](store::Tx& tx) -> Result<Replaced> {
    if (!SOUK_TRY(due(tx))) return Replaced();
    return state_->replace(tx, call, kOverlap);
  });
}

Result<std::vector<Session>> Sessions::list(const Call& call, std::string_view user) const {
  SOUK_TRY(may_manage(call));
  // What is used now shows as used now.
  SOUK_TRY(state_->access.write_uses());
  auto rows = SOUK_TRY(state_->base.store.read([&](store::Tx& tx) -> Result<std::vector<SessionView>> {
    const PrincipalRow owner = SOUK_TRY(whose(tx, state_->access, call, user));
    return tx.all<SessionView>(
        "SELECT id, create_time, last_use_time, expire_time, address, user_agent FROM sessions "
        "WHERE principal_id = $1 AND expire_time > $2 AND last_use_time > $3 ORDER BY id DESC",
        owner.id, now(), now() - state_->base.settings.session_idle);
  }));
  std::vector<Session> out;
  for (SessionView& row : rows) {
    out.push_back({row.id, row.create_time, row.last_use_time, row.expire_time, std::move(row.address),
                   std::move(row.user_agent), credential_of(row.id) == call.principal->credential});
  }
  return out;
}

Status Sessions::revoke(const Call& call, SessionId id) {
  SOUK_TRY(may_manage(call));
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  return state_->base.store.write([&](store::Tx& tx) -> Status {
    const auto row =
        SOUK_TRY(tx.first<SessionRow>("SELECT s.id, s.principal_id, p.name FROM sessions s JOIN principals p "
                                      "ON p.id = s.principal_id WHERE s.id = $1",
                                      id));
    if (!row || (!all && row->principal_id != call.principal->id)) {
      return not_found("session " + std::to_string(id.value) + " does not exist");
    }
    SOUK_TRY(tx.exec("DELETE FROM sessions WHERE id = $1", id));
    return state_->base.append(tx, call,
                               {.type = "session.revoked",
                                .kind = "session",
                                .id = id.value,
                                .name = row->name,
                                .touched = {.sessions = {id.value}}});
  });
}

Status Sessions::revoke_others(const Call& call, std::string_view user) {
  SOUK_TRY(may_manage(call));
  return state_->base.store.write([&](store::Tx& tx) -> Status {
    const PrincipalRow owner = SOUK_TRY(whose(tx, state_->access, call, user));
    const Touched touched = SOUK_TRY(end_others(tx, owner.id, *call.principal));
    if (touched.sessions.empty()) return {};
    return state_->base.append(tx, call,
                               {.type = "session.revoked",
                                .kind = "session",
                                .id = touched.sessions.front(),
                                .name = owner.name,
                                .touched = touched});
  });
}

Status Sessions::sign_out(const Call& call) {
  const auto id = session_of(call);
  return id ? revoke(call, *id) : Status();
}

}  // namespace souk::access
