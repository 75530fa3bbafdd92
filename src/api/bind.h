// SPDX-License-Identifier: Apache-2.0
//
// Handlers from described structs. A request struct's fields say where they come from by their names:
//   in the pattern → the path;  `body` → the JSON body;  `if_match` → If-Match;  `prefer` → Prefer;
//   any other → the query.
// Fields that are optional may be absent. An unknown query parameter or body field is refused.
// A response struct with a field `etag` gets an ETag header.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
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

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

// A field of a request struct; the functions of bind.cc walk a struct's table of them. Of the two readers a field has
// the one that its place needs: `from_body` if it is the body, otherwise `from_text`.
struct Field {
  std::string_view name;
  bool required;
  Status (*from_text)(std::string_view name, std::string_view text, void* request);
  Status (*from_body)(std::string_view text, json::UnknownFields unknown, void* request);
  std::string (*schema)(json::Schemas& schemas);
};

// The body as text that says it is JSON. Errors: invalid_argument
Result<std::string_view> json_body(const Exchange& exchange);
// Errors: invalid_argument
Status bind_fields(const Exchange& exchange, void* request, std::span<const Field> fields);
void describe_fields(json::Schemas& schemas, const std::vector<std::string>& names, RouteDoc& doc,
                     std::span<const Field> fields);
void answer(Exchange& exchange, int status, std::string body, std::string_view etag);

Status parse_text(std::string_view field, std::string_view text, std::string& out);
Status parse_text(std::string_view field, std::string_view text, std::int64_t& out);
Status parse_text(std::string_view field, std::string_view text, bool& out);
template <class T>
Status parse_text(std::string_view field, std::string_view text, std::optional<T>& out) {
  return parse_text(field, text, out.emplace());
}

template <class Req, class List>
struct FieldTable;
template <class Req, template <class...> class List, class... D>
struct FieldTable<Req, List<D...>> {
  template <class M>
  using Type = std::remove_cvref_t<decltype(std::declval<Req&>().*M::pointer)>;
  template <class M>
  static constexpr Field field() {
    Field made{json::detail::field_name(M::name), !is_optional<Type<M>>::value, nullptr, nullptr,
               [](json::Schemas& schemas) { return schemas.of<Type<M>>(); }};
    if constexpr (std::string_view(M::name) == "body") {
      made.from_body = [](std::string_view text, json::UnknownFields unknown, void* request) -> Status {
        static_cast<Req*>(request)->*M::pointer = SOUK_TRY(json::read<Type<M>>(text, unknown));
        return {};
      };
    } else {
      made.from_text = [](std::string_view name, std::string_view text, void* request) {
        return parse_text(name, text, static_cast<Req*>(request)->*M::pointer);
      };
    }
    return made;
  }
  static constexpr std::array<Field, sizeof...(D)> fields{field<D>()...};
};
template <class Req>
constexpr std::span<const Field> fields_of() {
  using boost::describe::mod_inherited, boost::describe::mod_public;
  return FieldTable<Req, boost::describe::describe_members<Req, mod_public | mod_inherited>>::fields;
}

template <class Req>
Result<Req> bind(const Exchange& exchange) {
  Req request{};
  SOUK_TRY(bind_fields(exchange, &request, fields_of<Req>()));
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
  describe_fields(schemas, names, doc, fields_of<Req>());
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
