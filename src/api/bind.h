// SPDX-License-Identifier: Apache-2.0
//
// Handlers from described structs. A request struct's fields say where they come from by their names:
//   in the pattern → the path;  `body` → the JSON body;  `if_match` → If-Match;  `prefer` → Prefer;
//   any other → the query.
// Fields that are optional may be absent. An unknown query parameter or body field is refused.
// A response struct with a field `etag` gets an ETag header.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "api/route.h"
#include "base/json.h"
#include "base/json_schema.h"

namespace souk::api {

struct NoContent {};
// A status other than 200.
template <class T>
struct Answer {
  int status = 200;
  T value;
};

namespace detail {

enum class Place { path, query, body, if_match, prefer };
Place place_of(std::string_view field, const std::vector<std::string>& names);
// The text of a field that is not the body. Errors: invalid_argument
Result<std::optional<std::string>> text_of(const Exchange& exchange, std::string_view field, Place place);
Status check_query(const Exchange& exchange, std::span<const std::string_view> known);
Error wrong_text(std::string_view field, std::string_view expected, std::string_view got);
Result<std::string_view> json_body(const Exchange& exchange);
void answer(Exchange& exchange, int status, std::string body, std::string_view etag);

Status parse_text(std::string_view field, std::string_view text, std::string& out);
Status parse_text(std::string_view field, std::string_view text, std::int64_t& out);
Status parse_text(std::string_view field, std::string_view text, bool& out);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class D, class Member>
Status bind_field(const Exchange& exchange, std::string_view name, Member& member, Place place) {
  if (place == Place::body) {
    member = SOUK_TRY(json::read<Member>(SOUK_TRY(json_body(exchange)), exchange.route->unknown));
    return {};
  }
  if constexpr (is_optional<Member>::value) {
    std::optional<std::string> text = SOUK_TRY(text_of(exchange, name, place));
    if (!text) return {};
    typename Member::value_type value{};
    if constexpr (requires { parse_text(name, *text, value); }) SOUK_TRY(parse_text(name, *text, value));
    member = std::move(value);
  } else if constexpr (requires { parse_text(name, std::string_view(), member); }) {
    std::optional<std::string> text = SOUK_TRY(text_of(exchange, name, place));
    if (!text) return invalid_argument("query parameter '" + std::string(name) + "' is required").at(std::string(name));
    SOUK_TRY(parse_text(name, *text, member));
  }
  return {};
}

template <class Req>
Result<Req> bind(const Exchange& exchange) {
  Req request{};
  using Members = boost::describe::describe_members<Req, boost::describe::mod_public | boost::describe::mod_inherited>;
  std::vector<std::string_view> known;
  Status status;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!status) return;
    std::string_view name = json::detail::field_name(member.name);
    Place place = place_of(name, exchange.route->names);
    if (place == Place::query) known.push_back(name);
    status = bind_field<Req>(exchange, name, request.*member.pointer, place);
  });
  SOUK_TRY(std::move(status));
  SOUK_TRY(check_query(exchange, known));
  return request;
}

template <class T>
void answer_with(Exchange& exchange, int status, const T& value) {
  if constexpr (std::is_same_v<T, NoContent>) {
    exchange.send(net::Response{.status = 204, .headers = {}, .body = {}});
  } else {
    std::string_view etag;
    if constexpr (requires { std::string_view(value.etag); }) etag = value.etag;
    answer(exchange, status, json::write(value), etag);
  }
}
template <class T>
void answer_with(Exchange& exchange, int, const Answer<T>& wrapped) {
  answer_with(exchange, wrapped.status, wrapped.value);
}

template <class T>
struct unwrap {
  using type = T;
};
template <class T>
struct unwrap<Answer<T>> {
  using type = T;
};

// Fills the parameters and schemas of a route's documentation.
template <class Req, class Res>
void describe(json::Schemas& schemas, const std::vector<std::string>& names, RouteDoc& doc) {
  using Members = boost::describe::describe_members<Req, boost::describe::mod_public | boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(std::declval<Req&>().*member.pointer)>;
    std::string name(json::detail::field_name(member.name));
    switch (place_of(name, names)) {
      case Place::body:
        doc.request_schema = schemas.of<Member>();
        break;
      case Place::path:
        doc.parameters.push_back({name, "path", true, schemas.of<Member>(), ""});
        break;
      case Place::query:
        doc.parameters.push_back({name, "query", !is_optional<Member>::value, schemas.of<Member>(), ""});
        break;
      case Place::if_match:
        doc.parameters.push_back({"If-Match", "header", false, R"({"type":"string"})", ""});
        break;
      case Place::prefer:
        doc.parameters.push_back({"Prefer", "header", false, R"({"type":"string"})", ""});
        break;
    }
  });
  using Body = typename unwrap<Res>::type;
  if constexpr (std::is_same_v<Body, NoContent>) {
    doc.status = 204;
  } else {
    doc.response_schema = schemas.of<Body>();
  }
}

}  // namespace detail

// What a documented route is called.
struct Doc {
  std::string operation_id;
  std::string summary;
  int status = 200;  // of success
};

namespace detail {
template <class Req, class Res>
Route typed_route(std::string method, std::string pattern, Permission permission, net::BodyLimits limits, Doc doc) {
  Route route{std::move(method), std::move(pattern), permission, limits, Form::plain, nullptr, {}};
  route.doc.operation_id = std::move(doc.operation_id);
  route.doc.summary = std::move(doc.summary);
  route.doc.status = doc.status;
  route.describe = &describe<Req, Res>;
  return route;
}
}  // namespace detail

// f: Result<Res>(const access::Call&, const Req&)
template <class Req, class Res, class F>
Route plain(std::string method, std::string pattern, Permission permission, net::BodyLimits limits, Doc doc, F f) {
  int status = doc.status;
  Route route =
      detail::typed_route<Req, Res>(std::move(method), std::move(pattern), permission, limits, std::move(doc));
  route.run = [f = std::move(f), status](const ExchangePtr& exchange) {
    Result<Req> request = detail::bind<Req>(*exchange);
    if (!request) return exchange->fail(request.error());
    Result<Res> result = f(exchange->call, *request);
    if (!result) return exchange->fail(result.error());
    detail::answer_with(*exchange, status, *result);
  };
  return route;
}

// As plain, for reads of a few rows by key.
template <class Req, class Res, class F>
Route lookup(std::string pattern, Permission permission, Doc doc, F f) {
  Route route = plain<Req, Res>("GET", std::move(pattern), permission, kUsual, std::move(doc), std::move(f));
  route.form = Form::lookup;
  return route;
}

// f: void(const access::Call&, const Req&, std::function<void(Result<Res>)> done). The call lives until done is called.
template <class Req, class Res, class F>
Route later(std::string method, std::string pattern, Permission permission, net::BodyLimits limits, Doc doc, F f) {
  int status = doc.status;
  Route route =
      detail::typed_route<Req, Res>(std::move(method), std::move(pattern), permission, limits, std::move(doc));
  route.run = [f = std::move(f), status](const ExchangePtr& exchange) {
    Result<Req> request = detail::bind<Req>(*exchange);
    if (!request) return exchange->fail(request.error());
    f(exchange->call, *request, [exchange, status](Result<Res> result) {
      if (!result) return exchange->fail(result.error());
      detail::answer_with(*exchange, status, *result);
    });
  };
  return route;
}

}  // namespace souk::api
