// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

// "1,2,3". Errors: invalid_argument
Result<std::set<std::int64_t>> steps_of(std::string_view text) {
  std::set<std::int64_t> out;
  if (text.size() > 10'000) return invalid_argument("stepIds is too long").at("stepIds");
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    std::int64_t step = 0;
    const auto read = std::from_chars(one.data(), one.data() + one.size(), step);
    if (read.ec != std::errc() || read.ptr != one.data() + one.size())
      return invalid_argument("stepIds: " + access::as_shown(one) + " is no step").at("stepIds");
    out.insert(step);
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return out;
}

Result<net::Response> history(const Rooms& rooms, const Exchange& exchange, registry::HistoryQuery query) {
  const auto asked = SOUK_TRY(list_query(exchange));
  query.filter = asked.filter;
  query.page_size = asked.page_size;
  query.page_token = asked.page_token;
  query.newest_first = asked.order_by.ends_with(" desc");
  query.name = SOUK_TRY(exchange.query("name"));
  if (query.name && query.name->empty()) query.name.reset();
  query.steps = SOUK_TRY(steps_of(SOUK_TRY(exchange.query("stepIds")).value_or("")));
  return list_answer(SOUK_TRY(rooms.log.history(query)), query.page_size,
                     [](json::Writer& out, const registry::HistoryPoint& point) { write(out, point); });
}

}  // namespace

void add_metric_history(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/experiment_runs/metric_history", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto ns = SOUK_TRY(the_namespace(rooms, exchange.call, access::Role::READER));
    return history(rooms, exchange, {.namespace_id = ns->id});
  }));
  door.add(
      route("GET", "/experiment_runs/{id}/metric_history", [&rooms](const Exchange& exchange) -> Result<net::Response> {
        const auto id = SOUK_TRY(path_id<RunId>(exchange, "experiment run"));
        const auto run = SOUK_TRY(rooms.runs.get(exchange.call, access::Role::READER, id));
        return history(rooms, exchange, {.namespace_id = run->namespace_id, .run_id = id});
      }));
}

}  // namespace souk::api::kubeflow
