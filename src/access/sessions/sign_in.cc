// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <array>

#include "access/sessions/state.h"
#include "base/digest.h"

namespace souk::access {

namespace {

constexpr std::size_t kNonce = 22;
constexpr std::int64_t kMostSessions = 100;  // of one user; the oldest go
constexpr std::size_t kUserAgent = 200;

struct AccountRow {
  PrincipalId id;
  std::string name;
  PrincipalState state = PrincipalState::ACTIVE;
  std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(AccountRow, (), (id, name, state, password))

struct SessionPlace {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(SessionPlace, (), (id))

// One sentence for an unknown name, a wrong password, an account without one and a disabled one.
Error wrong() {
  return unauthenticated("the name or the password is wrong");
}

// Printable and short: it is shown later, to others than who sent it.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kUserAgent)) out += c >= ' ' && c < 0x7F ? c : '?';
  return out;
}

Result<std::optional<AccountRow>> find_account(store::Store& store, const std::string& name) {
  return store.read([&](store::Tx& tx) -> Result<std::optional<AccountRow>> {
    const auto known = SOUK_TRY(find_principal(tx, name));
    if (!known || known->kind != PrincipalKind::USER) return std::optional<AccountRow>();
    return tx.first<AccountRow>("SELECT id, name, state, password FROM principals WHERE id = $1", known->id);
  });
}

std::string device_mac(const std::string& key, PrincipalId user, std::string_view nonce) {
  const std::string mac = hmac_sha256(key, std::to_string(user.value) + "\n" + std::string(nonce));
  return to_hex(as_bytes(mac)).substr(0, 32);
}

// The oldest sessions past the most that one user may have.
Status end_oldest(store::Tx& tx, PrincipalId user, Touched& touched) {
  auto rows = SOUK_TRY(
      tx.all<SessionPlace>("SELECT id FROM sessions WHERE principal_id = $1 ORDER BY id DESC LIMIT 1000 OFFSET $2",
                           user, kMostSessions - 1));
  for (const SessionPlace& row : rows) {
    SOUK_TRY(tx.exec("DELETE FROM sessions WHERE id = $1", row.id));
    touched.sessions.push_back(row.id);
  }
  return {};
}

}  // namespace

std::string network_of(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return to_hex(std::as_bytes(std::span(bytes).first(8)));
}

Call call_of(const Call& call, const PrincipalRow& who) {
  Call own = call;
  auto principal = std::make_shared<Principal>();
  principal->id = who.id;
  principal->name = who.name;
  principal->kind = who.kind;
  own.principal = std::move(principal);
  return own;
}

Result<bool> Sessions::State::knows_device(PrincipalId user, const std::string& device) {
  if (device.size() != kNonce + 1 + 32 || device[kNonce] != '.') return false;
  const std::string key = SOUK_TRY(access.signing_key("device"));
  return equal_in_constant_time(device_mac(key, user, device.substr(0, kNonce)), device.substr(kNonce + 1));
}

Result<std::string> Sessions::State::device_of(PrincipalId user, const Browser& browser) {
  if (SOUK_TRY(knows_device(user, browser.device))) return browser.device;
  const std::string nonce = random_token(kNonce);
  return nonce + "." + device_mac(SOUK_TRY(access.signing_key("device")), user, nonce);
}

Result<SignedIn> Sessions::State::begin(store::Tx& tx, const Call& call, const PrincipalRow& who,
                                        const Browser& browser, Touched& touched) {
  const Time at = now();
  SignedIn out;
  out.token = random_token(kToken);
  out.name = who.name;
  out.expire_time = at + base.settings.session_lifetime;
  // What the browser had is not taken over, whoever put it there.
  if (browser.session.size() == kToken) {
    const auto before =
        SOUK_TRY(tx.scalar<std::int64_t>("DELETE FROM sessions WHERE hash = $1 RETURNING id", sha256(browser.session)));
    if (before) touched.sessions.push_back(*before);
  }
  SOUK_TRY(end_oldest(tx, who.id, touched));
  const auto id = SOUK_TRY(tx.scalar<std::int64_t>(
      "INSERT INTO sessions (hash, principal_id, create_time, last_use_time, expire_time, address, user_agent) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
      sha256(out.token), who.id, at, at, out.expire_time, call.address, plain(browser.user_agent)));
  SOUK_TRY(tx.exec("UPDATE principals SET sign_in_time = $1 WHERE id = $2", at, who.id));
  SOUK_TRY(base.append(
      tx, call_of(call, who),
      {.type = "session.created", .kind = "session", .id = id.value_or(0), .name = who.name, .touched = touched}));
  return out;
}

Result<SignedIn> Sessions::State::sign_in(const Call& call, const SignIn& wanted, const Browser& browser) {
  const auto account = SOUK_TRY(find_account(base.store, wanted.name));
  const bool trusted = account && SOUK_TRY(knows_device(account->id, browser.device));
  const auto slow_down = [&](Duration wait) {
    slowed.add();
    return resource_exhausted("too many sign-ins failed; try again in a while").retry_in(wait);
  };
  // A name that is nobody's is counted like any other.
  const std::string name = sha256(wanted.name).hex(), device = sha256(browser.device).hex();
  if (trusted) {
    if (const auto wait = tries.devices().take(device)) return slow_down(*wait);
  } else {
    if (const auto wait = tries.addresses().take(network_of(call.address))) return slow_down(*wait);
    if (const auto wait = tries.accounts().take(name)) return slow_down(*wait);
  }
  const bool usable = account && account->state == PrincipalState::ACTIVE && account->password;
  if (!SOUK_TRY(passwords.matches(wanted.password, usable ? *account->password : std::string()))) {
    failed.add();
    tries.tell(trusted ? Failed{.device = device} : Failed{.account = name, .address = network_of(call.address)});
    if (account) {
      access.note_refusal(call, {"sign in as " + account->name, "", Code::unauthenticated});
    }
    return wrong();
  }
  std::optional<std::string> fresh;
  if (passwords.outdated(*account->password)) fresh = SOUK_TRY(passwords.hash(wanted.password));
  auto out = SOUK_TRY(base.store.write([&](store::Tx& tx) -> Result<SignedIn> {
    // As the row says now: it may have been disabled or got another password meanwhile.
    const auto still = SOUK_TRY(
        tx.scalar<std::int64_t>("SELECT 1 FROM principals WHERE id = $1 AND state = 'ACTIVE' AND password = $2",
                                account->id, *account->password));
    if (!still) return wrong();
    if (fresh) SOUK_TRY(tx.exec("UPDATE principals SET password = $1 WHERE id = $2", *fresh, account->id));
    Touched touched;
    return begin(tx, call, {.id = account->id, .name = account->name}, browser, touched);
  }));
  out.device = SOUK_TRY(device_of(account->id, browser));
  succeeded.add();
  if (trusted) {
    tries.devices().forgive(device);
  } else {
    tries.accounts().forgive(name);
    tries.addresses().give_back(network_of(call.address));
  }
  return out;
}

}  // namespace souk::access
