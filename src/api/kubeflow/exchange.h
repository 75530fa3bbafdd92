// SPDX-License-Identifier: Apache-2.0
//
// Requests and answers of this door. An unknown query parameter is ignored, an unknown field of a body refused; null
// is a field that is not there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "api/kubeflow/kubeflow.h"
#include "base/json.h"

namespace souk::api::kubeflow {

using Handler = std::function<Result<net::Response>(const Exchange&)>;

// `path` follows the prefix of the door. A GET of one row is answered where it arrives.
Route route(std::string method, std::string_view path, Handler handler);

net::Response json_answer(int status, std::string body);

// "required field 'name' is zero value.": told as 422.
Error required(std::string_view field);
// What a body refers to is not there: its own fault, not the address's.
Error in_body(Error error);

// An id of the path or query. Errors: not_found (no id at all: nothing has it)
Result<std::int64_t> id_of(std::string_view text, std::string_view what);
template <class Id>
Result<Id> path_id(const Exchange& exchange, std::string_view what) {
  return Id(SOUK_TRY(id_of(exchange.parameter("id"), what)));
}
// An id in a body. Errors: required, invalid_argument
Result<std::int64_t> body_id(const std::optional<std::string>& text, std::string_view field);

std::string id_text(std::int64_t id);
// Milliseconds as text. Errors: invalid_argument
Result<std::optional<Time>> time_of(const std::optional<std::string>& text, std::string_view field);
// Absent: none. Errors: invalid_argument
template <class E>
Result<E> enum_of(const std::optional<std::string>& text, std::string_view field, E otherwise);

// The namespace of the call. Errors: not_found
Result<registry::AuthorizedNamespace> the_namespace(const Rooms& rooms, const access::Call& call, access::Role needed);

// filterQuery, pageSize, orderBy, sortOrder, nextPageToken. Errors: invalid_argument
Result<registry::ListQuery> list_query(const Exchange& exchange);
// Adds what nested lists take besides: name and externalId.
Status narrow(const Exchange& exchange, registry::ListQuery& query);
// What a search takes; none given is invalid_argument.
struct FindQuery {
  std::optional<std::string> name, external_id;
  std::optional<std::int64_t> parent;
};
Result<FindQuery> find_query(const Exchange& exchange, bool has_parent);

// {"items": […], "nextPageToken", "pageSize", "size"}
template <class T, class F>
net::Response list_answer(const registry::Page<T>& page, std::int64_t page_size, F&& write_one) {
  std::string text;
  text.reserve(page.items.size() * 640 + 128);  // about what an object with five properties takes
  json::Writer out(text);
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const T& item : page.items) write_one(out, item);
  out.end_array();
  out.key("nextPageToken");
  out.value(page.next_page_token);
  out.key("pageSize");
  out.value(page_size);
  out.key("size");
  out.value(static_cast<std::int64_t>(page.items.size()));
  out.end_object();
  return json_answer(200, std::move(text));
}

// The parsed body; `known` are the fields it may have. Errors: invalid_argument
Result<json::Document> open_body(const Exchange& exchange);
Status check_known(const json::Document& document, std::span<const std::string_view> known);

template <class T>
std::vector<std::string_view> field_names() {
  std::vector<std::string_view> out;
  boost::mp11::mp_for_each<
      boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>>(
      [&](auto member) { out.push_back(json::detail::field_name(member.name)); });
  return out;
}

template <class T>
Result<T> read_body(const Exchange& exchange) {
  const json::Document document = SOUK_TRY(open_body(exchange));
  SOUK_TRY(check_known(document, field_names<T>()));
  T out{};
  SOUK_TRY(json::read(document.root(), out, json::UnknownFields::refuse, ""));
  return out;
}

Error not_one_of(std::string_view field, std::string_view got);

template <class E>
Result<E> enum_of(const std::optional<std::string>& text, std::string_view field, E otherwise) {
  if (!text) return otherwise;
  const std::optional<E> value = json::enum_value<E>(*text);
  if (!value) return not_one_of(field, *text);
  return *value;
}

}  // namespace souk::api::kubeflow
