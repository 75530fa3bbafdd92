// SPDX-License-Identifier: Apache-2.0
#include "api/exchange.h"

#include "api/error_table.h"
#include "api/route.h"

namespace souk::api {
namespace {
constexpr const char* kTraceHeader = "souk-trace-id";
}

std::string_view Exchange::parameter(std::string_view name) const {
  for (std::size_t i = 0; i < route->names.size() && i < path.size(); ++i) {
    if (route->names[i] == name) return path[i];
  }
  return {};
}

Result<std::optional<std::string>> Exchange::query(std::string_view name) const {
  if (head().query.empty()) return std::optional<std::string>();
  auto pairs = SOUK_TRY(net::parse_query(head().query));
  std::optional<std::string> found;
  for (auto& [key, value] : pairs) {
    if (key != name) continue;
    if (found)
      return invalid_argument("query parameter '" + std::string(name) + "' is given twice").at(std::string(name));
    found = std::move(value);
  }
  return found;
}

void Exchange::send(net::Response response) {
  int status = response.status;
  send(std::move(response), status);
}

void Exchange::send(net::Response response, int recorded) {
  response.add(kTraceHeader, call.trace_id);
  if (recorder) recorder->answered(*this, recorded);
  if (span) span->sent(response, recorded);
  stream->send(std::move(response));
}

void Exchange::note(const Error& error) const {
  if (recorder) recorder->failed(*this, error);
}

void Exchange::fail(const Error& error) {
  note(error);
  net::Response response = route->error(error, call);
  // A protocol may say in a 200 that something failed: counters and logs are not to take it for a success.
  int recorded = response.status < 400 ? http_status(error) : response.status;
  send(std::move(response), recorded);
}

void Exchange::start(net::ResponseHead head) {
  head.headers.push_back({kTraceHeader, call.trace_id});
  if (recorder) recorder->answered(*this, head.status);
  if (span) span->started(head.status);
  stream->start(std::move(head));
}

void Exchange::finish(std::vector<net::Header> trailers) {
  if (span) span->finished(trailers);
  stream->finish(std::move(trailers));
}

}  // namespace souk::api
