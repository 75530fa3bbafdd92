// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/exchange.h"

#include <algorithm>
#include <charconv>

#include "api/bind.h"
#include "api/error_table.h"

namespace souk::api::kubeflow {
namespace {

struct ErrorBody {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (code, message))

constexpr std::string_view kRequired = "required field '";
constexpr std::int64_t kMaxPage = 1000;

int status_of(const Error& error) {
  if (error.code == Code::invalid_argument && error.message.starts_with(kRequired)) return 422;
  return http_status(error);
}

// What this contract calls the parameters.
std::string message_of(const Error& error) {
  // Clients compare these two by the letter.
  const bool fixed = error.message.starts_with("json: ") || error.message.starts_with(kRequired);
  std::string text = fixed ? error.message : error.describe();
  if (text.starts_with("filter, column")) text.replace(0, 6, "filterQuery");
  if (text.starts_with("page_token")) text.replace(0, 10, "nextPageToken");
  return text;
}

}  // namespace

net::Response error_response(const Error& error, const access::Call&) {
  const int status = status_of(error);
  ErrorBody body{std::string(http_reason(status == 422 ? 400 : status)), message_of(error)};
  net::Response response = json_answer(status, json::write(body));
  add_error_headers(response, error);
  return response;
}

Route route(std::string method, std::string_view path, Handler handler) {
  constexpr net::BodyLimits kLimits{.max_bytes = 4 << 20};
  const bool reads = method == "GET";
  // "/registered_model" finds one, "/registered_models" lists.
  const bool one = path.ends_with("{id}") || (path.rfind('/') == 0 && !path.ends_with('s'));
  Route out{std::move(method),
            std::string(path),
            reads ? kReader : kWriter,
            kLimits,
            reads && one ? Form::lookup : Form::plain,
            [handler = std::move(handler)](const ExchangePtr& exchange) {
              Result<net::Response> response = handler(*exchange);
              if (!response) return exchange->fail(response.error());
              exchange->send(std::move(*response));
            },
            {}};
  out.unknown = json::UnknownFields::ignore;
  return out;
}

net::Response json_answer(int status, std::string body) {
  return net::Response::text(status, "application/json", std::move(body));
}

Error required(std::string_view field) {
  return invalid_argument(std::string(kRequired) + std::string(field) + "' is zero value.").at(std::string(field));
}

Error in_body(Error error) {
  if (error.code == Code::not_found) error.code = Code::invalid_argument;
  return error;
}

Result<std::int64_t> id_of(std::string_view text, std::string_view what) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool number = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!number || id < 1 || text.front() == '0')
    return not_found(std::string(what) + " " + access::as_shown(text) + " does not exist");
  return id;
}

Result<std::int64_t> body_id(const std::optional<std::string>& text, std::string_view field) {
  if (!text || text->empty()) return required(field);
  const Result<std::int64_t> id = id_of(*text, field);
  if (!id)
    return invalid_argument(std::string(field) + " " + access::as_shown(*text) + " is no id").at(std::string(field));
  return id;
}

std::string id_text(std::int64_t id) {
  return std::to_string(id);
}

Result<std::optional<Time>> time_of(const std::optional<std::string>& text, std::string_view field) {
  if (!text) return std::optional<Time>();
  std::int64_t millis = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), millis);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size())
    return invalid_argument(std::string(field) + " is not a time in milliseconds since the epoch")
        .at(std::string(field));
  return std::optional<Time>(from_millis(millis));
}

Error not_one_of(std::string_view field, std::string_view got) {
  return invalid_argument("invalid value " + access::as_shown(got) + " of " + std::string(field))
      .at(std::string(field));
}

Result<registry::AuthorizedNamespace> the_namespace(const Rooms& rooms, const access::Call& call, access::Role needed) {
  return rooms.access.get_namespace(call, needed, "");
}

Result<registry::ListQuery> list_query(const Exchange& exchange) {
  registry::ListQuery out;
  out.bare_names = "custom_properties";
  out.filter = SOUK_TRY(exchange.query("filterQuery")).value_or("");
  out.page_token = SOUK_TRY(exchange.query("nextPageToken")).value_or("");
  out.page_size = kMaxPage;
  const auto size = SOUK_TRY(exchange.query("pageSize"));
  if (size && !size->empty()) {
    const auto read = std::from_chars(size->data(), size->data() + size->size(), out.page_size);
    if (read.ec != std::errc() || read.ptr != size->data() + size->size() || out.page_size < 1)
      return invalid_argument("pageSize is " + access::as_shown(*size) + "; a number from 1 on is expected")
          .at("pageSize");
    out.page_size = std::min(out.page_size, kMaxPage);
  }
  const std::string order = SOUK_TRY(exchange.query("orderBy")).value_or("");
  const std::string direction = SOUK_TRY(exchange.query("sortOrder")).value_or("");
  if (order.empty() || order == "ID") {
    out.order_by = "id";
  } else if (order == "CREATE_TIME") {
    out.order_by = "create_time";
  } else if (order == "LAST_UPDATE_TIME") {
    out.order_by = "update_time";
  } else {
    return not_one_of("orderBy", order);
  }
  if (!direction.empty() && direction != "ASC" && direction != "DESC") return not_one_of("sortOrder", direction);
  if (direction == "DESC") out.order_by += " desc";
  return out;
}

Status narrow(const Exchange& exchange, registry::ListQuery& query) {
  for (const char* field : {"name", "externalId"}) {
    const auto value = SOUK_TRY(exchange.query(field));
    if (!value || value->empty()) continue;
    if (value->size() > 1000) return invalid_argument(std::string(field) + " is too long").at(field);
    if (!query.and_filter.empty()) query.and_filter += " AND ";
    query.and_filter.append(field).append(" = '");
    for (char c : *value) query.and_filter.append(c == '\\' || c == '\'' ? "\\" : "").append(1, c);
    query.and_filter += "'";
  }
  return {};
}

Result<FindQuery> find_query(const Exchange& exchange, bool has_parent) {
  const std::string name = SOUK_TRY(exchange.query("name")).value_or("");
  const std::string external_id = SOUK_TRY(exchange.query("externalId")).value_or("");
  const std::string parent = SOUK_TRY(exchange.query("parentResourceId")).value_or("");
  FindQuery out;
  if (!parent.empty() && has_parent) out.parent = SOUK_TRY(id_of(parent, "parent"));
  if (!external_id.empty()) {
    out.external_id.emplace(external_id);
    return out;
  }
  if (!name.empty()) out.name.emplace(name);
  if (!out.name || (has_parent && !out.parent)) {
    return invalid_argument(has_parent
                                ? "invalid parameters call, supply either name and parentResourceId, or externalId"
                                : "invalid parameters call, supply either name or externalId");
  }
  return out;
}

Result<json::Document> open_body(const Exchange& exchange) {
  json::Document document = SOUK_TRY(json::Document::parse(SOUK_TRY(detail::json_body(exchange))));
  if (document.root().kind() != json::Kind::object) {
    return invalid_argument("the body: expected an object, got " + std::string(document.root().kind_name())).at("body");
  }
  return document;
}

Status check_known(const json::Document& document, std::span<const std::string_view> known) {
  return document.root().each_member([&](std::string_view key, json::Value) -> Status {
    if (std::ranges::find(known, key) != known.end()) return {};
    std::string quoted;
    json::Writer(quoted).value(key.substr(0, 100));
    return invalid_argument("json: unknown field " + quoted).at(std::string(key.substr(0, 100)));
  });
}

}  // namespace souk::api::kubeflow
