// SPDX-License-Identifier: Apache-2.0
//
// Signing in and out, and the links that set a password. What sets cookies writes its answers itself.
#include "api/bind.h"
#include "api/cookies.h"
#include "api/native/shapes.h"
#include "api/origin.h"

namespace souk::api::native {
namespace {

constexpr Duration kDeviceLifetime = std::chrono::days(180);
constexpr net::BodyLimits kSmall{.max_bytes = 16 << 10};

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct SignInBody {
  std::string name, password;
};
BOOST_DESCRIBE_STRUCT(SignInBody, (), (name, password))
struct SetUpBody {
  std::string token, password;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(SetUpBody, (), (token, password, name))
struct LinkBody {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(LinkBody, (), (token))
struct CheckLink {
  LinkBody body;
};
BOOST_DESCRIBE_STRUCT(CheckLink, (), (body))
struct LinkOwner {
  std::optional<std::string> name;  // absent: of the first administrator, who is yet to be named
};
BOOST_DESCRIBE_STRUCT(LinkOwner, (), (name))
struct OneUser {
  std::string user;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (user))
struct MadeLink {
  std::string link;  // the page's path; the token stands after '#', so that no log sees it
  Time expire_time;
};
BOOST_DESCRIBE_STRUCT(MadeLink, (), (link, expire_time))

struct SessionAnswer {
  std::string name;
  std::string csrf_token;  // to be sent as X-Souk-CSRF with what changes something
  std::optional<Time> expire_time;
};
BOOST_DESCRIBE_STRUCT(SessionAnswer, (), (name, csrf_token, expire_time))

struct PasswordBody {
  std::string old_password, new_password;
};
BOOST_DESCRIBE_STRUCT(PasswordBody, (), (old_password, new_password))
struct ChangePassword {
  PasswordBody body;
};
BOOST_DESCRIBE_STRUCT(ChangePassword, (), (body))

struct SessionList {
  std::vector<access::Session> sessions;
};
BOOST_DESCRIBE_STRUCT(SessionList, (), (sessions))
struct SessionsOf {
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(SessionsOf, (), (user))
struct OneSession {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(OneSession, (), (id))

access::Browser browser_of(const Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  return {std::string(cookie(head, kSessionCookie, exchange.secure)),
          std::string(cookie(head, kDeviceCookie, exchange.secure)), std::string(head.header("User-Agent"))};
}

// With the cookies of the session; without a device token the browser keeps the one it has.
void answer_session(const ExchangePtr& exchange, int status, const access::SignedIn& session) {
  const SessionAnswer body{session.name, access::csrf_token(session.token), session.expire_time};
  net::Response response = net::Response::text(status, "application/json", json::write(body));
  response.add("Cache-Control", "no-store");
  response.add("Set-Cookie", set_cookie(kSessionCookie, session.token, session.expire_time - now(), exchange->secure));
  if (!session.device.empty()) {
    response.add("Set-Cookie", set_cookie(kDeviceCookie, session.device, kDeviceLifetime, exchange->secure));
  }
  exchange->send(std::move(response));
}

void answer_signed_in(const ExchangePtr& exchange, const Result<access::SignedIn>& result) {
  if (!result) return exchange->fail(result.error());
  answer_session(exchange, 201, *result);
}

// The caller as it is, with the token of its session.
void answer_self(const ExchangePtr& exchange) {
  const access::Principal& self = *exchange->call.principal;
  SessionAnswer answer{self.name, "", self.scope.expire_time};
  if (self.credential.starts_with("session")) {
    answer.csrf_token = access::csrf_token(cookie(exchange->head(), kSessionCookie, exchange->secure));
  }
  net::Response response = net::Response::text(200, "application/json", json::write(answer));
  exchange->send(std::move(response.add("Cache-Control", "no-store")));
}

// A route whose body is a Body and whose answer sets cookies. f: void(exchange, Body)
template <class Body, class F>
Route signing(std::string pattern, Doc doc, F f) {
  Route route{"POST",
              std::move(pattern),
              kAnyone,
              kSmall,
              Form::plain,
              [f](const ExchangePtr& exchange) {
                // A page of another site may not sign its visitor in, as somebody else.
                if (Status same = check_same_origin(exchange->head()); !same) return exchange->fail(same.error());
                auto text = detail::json_body(*exchange);
                if (!text) return exchange->fail(text.error());
                auto body = json::read<Body>(*text);
                if (!body) return exchange->fail(body.error());
                f(exchange, std::move(*body));
              },
              {}};
  route.doc.operation_id = std::move(doc.operation_id);
  route.doc.summary = std::move(doc.summary);
  route.doc.status = doc.status;
  route.describe = [](json::Schemas& schemas, const std::vector<std::string>&, RouteDoc& out) {
    out.request_schema = schemas.of<Body>();
    out.response_schema = schemas.of<SessionAnswer>();
  };
  return route;
}

void add_signing(RouteTable::Door& door, const Rooms& rooms) {
  door.add(signing<SignInBody>(
      "/api/v1/session", {"sign_in", "Sign in with a password; sets a cookie", 201},
      [&rooms](const ExchangePtr& exchange, SignInBody body) {
        rooms.sessions.sign_in(exchange->call, {std::move(body.name), std::move(body.password)}, browser_of(*exchange),
                               [exchange](Result<access::SignedIn> result) { answer_signed_in(exchange, result); });
      }));
  door.add(signing<SetUpBody>(
      "/api/v1/setup", {"set_up", "Set a password by a one-time link, and sign in", 201},
      [&rooms](const ExchangePtr& exchange, SetUpBody body) {
        rooms.sessions.set_up(exchange->call, {std::move(body.token), std::move(body.password), body.name.value_or("")},
                              browser_of(*exchange),
                              [exchange](Result<access::SignedIn> result) { answer_signed_in(exchange, result); });
      }));
  Route sign_out{"DELETE",
                 "/api/v1/session",
                 kKnown,
                 {.max_bytes = 0},
                 Form::plain,
                 [&rooms](const ExchangePtr& exchange) {
                   if (Status done = rooms.sessions.sign_out(exchange->call); !done)
                     return exchange->fail(done.error());
                   net::Response response{.status = 204, .headers = {}, .body = {}};
                   response.add("Set-Cookie", set_cookie(kSessionCookie, "", std::nullopt, exchange->secure));
                   exchange->send(std::move(response));
                 },
                 {}};
  sign_out.doc.operation_id = "sign_out";
  sign_out.doc.summary = "End the session of this browser";
  sign_out.doc.status = 204;
  door.add(std::move(sign_out));
}

void add_links(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<CheckLink, LinkOwner>("POST", "/api/v1/setup:check", kAnyone, kSmall,
                                       {"check_link", "Whose password a one-time link sets"},
                                       [&rooms](const access::Call&, const CheckLink& request) -> Result<LinkOwner> {
                                         auto name = SOUK_TRY(rooms.sessions.link_owner(request.body.token));
                                         return LinkOwner{name.empty() ? std::nullopt : std::optional(name)};
                                       }));
  door.add(plain<OneUser, MadeLink>(
      "POST", "/api/v1/users/{user}:link", kAdmin, kUsual,
      {"make_password_link", "Make a one-time link that sets the user's password; links before it end", 201},
      [&rooms](const access::Call& call, const OneUser& request) -> Result<MadeLink> {
        const access::PasswordLink link = SOUK_TRY(rooms.sessions.make_link(call, request.user));
        return MadeLink{std::string(kSetUpPage) + link.token, link.expire_time};
      }));
}

}  // namespace

void add_sessions(RouteTable::Door& door, const Rooms& rooms) {
  add_signing(door, rooms);
  add_links(door, rooms);
  Route current = detail::typed_route<Nothing, SessionAnswer>(
      "GET", "/api/v1/session", kKnown, kUsual, {"get_session", "The caller, and its session's CSRF token"});
  current.run = [&rooms](const ExchangePtr& exchange) {
    const auto replaced = rooms.sessions.rotate(exchange->call);
    // One whose token cannot be replaced now goes on with the one that it has.
    if (replaced && *replaced) return answer_session(exchange, 200, **replaced);
    answer_self(exchange);
  };
  door.add(std::move(current));
  Route change = detail::typed_route<ChangePassword, SessionAnswer>(
      "POST", "/api/v1/session:change_password", kKnown, kSmall,
      {"change_password", "Change one's own password; other sessions end, this one gets another token"});
  change.run = [&rooms](const ExchangePtr& exchange) {
    auto request = detail::bind<ChangePassword>(*exchange);
    if (!request) return exchange->fail(request.error());
    rooms.sessions.change_password(exchange->call, request->body.old_password, request->body.new_password,
                                   [exchange](const Result<access::Sessions::Replaced>& replaced) {
                                     if (!replaced) return exchange->fail(replaced.error());
                                     if (*replaced) return answer_session(exchange, 200, **replaced);
                                     answer_self(exchange);
                                   });
  };
  door.add(std::move(change));
  door.add(plain<SessionsOf, SessionList>(
      "GET", "/api/v1/sessions", kKnown, kUsual,
      {"list_sessions", "The caller's sessions; those of another user, for administrators"},
      [&rooms](const access::Call& call, const SessionsOf& request) -> Result<SessionList> {
        return SessionList{SOUK_TRY(rooms.sessions.list(call, request.user.value_or("")))};
      }));
  door.add(plain<OneSession, NoContent>(
      "DELETE", "/api/v1/sessions/{id}", kKnown, kUsual, {"revoke_session", "End a session, at once"},
      [&rooms](const access::Call& call, const OneSession& request) -> Result<NoContent> {
        SOUK_TRY(rooms.sessions.revoke(call, SessionId(request.id)));
        return NoContent{};
      }));
  door.add(plain<SessionsOf, NoContent>(
      "DELETE", "/api/v1/sessions", kKnown, kUsual,
      {"revoke_other_sessions", "End all of the caller's sessions, or of another user's, but this one"},
      [&rooms](const access::Call& call, const SessionsOf& request) -> Result<NoContent> {
        SOUK_TRY(rooms.sessions.revoke_others(call, request.user.value_or("")));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
