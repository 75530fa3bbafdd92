// SPDX-License-Identifier: Apache-2.0
//
// GET …/runs and /dashboard/models/runs: records of invocations, by page number.
#include <algorithm>

#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/instill/shapes.h"

namespace souk::api::instill {
namespace {

struct ModelRun {
  std::string name, id;
  Time create_time, update_time;
  std::optional<std::string> runner, model;
  std::string requester, status, source;
  std::optional<std::int64_t> total_duration;
  std::optional<Time> end_time;
  std::optional<std::string> error;
  std::string version;
  json::Raw task_inputs{"[]"}, task_outputs{"[]"};
};
BOOST_DESCRIBE_STRUCT(ModelRun, (),
                      (name, id, create_time, update_time, runner, model, requester, status, source, total_duration,
                       end_time, error, version, task_inputs, task_outputs))
struct RunList {
  std::vector<ModelRun> runs;
  std::int64_t total_size = 0, page_size = 0, page = 0;
};
BOOST_DESCRIBE_STRUCT(RunList, (), (runs, total_size, page_size, page))

struct Paged {
  std::optional<std::int64_t> page_size, pageSize, page;
  std::optional<std::string> order_by, orderBy, filter;
};
BOOST_DESCRIBE_STRUCT(Paged, (), (page_size, pageSize, page, order_by, orderBy, filter))
struct RunsOf : Paged {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(RunsOf, (Paged), (ns, model))
struct RunsBy : Paged {
  std::optional<std::string> requester, requester_id, start, stop;
};
BOOST_DESCRIBE_STRUCT(RunsBy, (Paged), (requester, requester_id, start, stop))

std::string status_of(tasks::RunState state) {
  switch (state) {
    case tasks::RunState::QUEUED:
      return "RUN_STATUS_QUEUED";
    case tasks::RunState::RUNNING:
      return "RUN_STATUS_PROCESSING";
    case tasks::RunState::SUCCEEDED:
      return "RUN_STATUS_COMPLETED";
    case tasks::RunState::FAILED:
    case tasks::RunState::CANCELLED:
      break;
  }
  return "RUN_STATUS_FAILED";
}

Result<ModelRun> shape(const Rooms& rooms, const access::Call& call, const tasks::ModelRun& run) {
  const std::string model = "namespaces/" + run.namespace_ + "/models/" + run.model;
  ModelRun out;
  out.name = model + "/runs/" + run.uid;
  out.id = run.uid;
  out.create_time = run.create_time;
  out.update_time = run.update_time;
  out.runner = "users/" + run.runner;
  out.model = model;
  out.requester = "namespaces/" + run.requester;
  out.status = status_of(run.state);
  out.source = "RUN_SOURCE_" + std::string(json::enum_name(run.source));
  if (run.end_time) out.total_duration = static_cast<std::int64_t>(run.duration_ms + 0.5);
  out.end_time = run.end_time;
  if (run.state == tasks::RunState::CANCELLED) out.error = "cancelled";
  if (!run.error.empty()) out.error = run.error;
  out.version = run.version;
  const auto authorized = rooms.runs.get(call, run.uid);
  if (!authorized) return out;  // it went a moment ago
  const tasks::Payload payload = SOUK_TRY(rooms.runs.payload(call, *authorized));
  if (payload.inputs) out.task_inputs = *payload.inputs;
  if (payload.outputs) out.task_outputs = *payload.outputs;
  return out;
}

Result<RunList> list(const Rooms& rooms, const access::Call& call, const tasks::RunFilter& wanted,
                     const Paged& request) {
  RunList out;
  out.page_size = std::clamp<std::int64_t>(request.page_size.value_or(request.pageSize.value_or(10)), 1, 100);
  out.page = std::clamp<std::int64_t>(request.page.value_or(0), 0, 1'000'000);
  const std::string filter = plain_filter(request.filter.value_or(""), {{"source", "run_source"}});
  const std::string order = request.order_by.value_or(request.orderBy.value_or(""));
  const tasks::NumberedPage page =
      SOUK_TRY(rooms.runs.page(call, wanted, filter, order, out.page * out.page_size, out.page_size));
  for (const tasks::ModelRun& run : page.runs) out.runs.push_back(SOUK_TRY(shape(rooms, call, run)));
  out.total_size = page.total;
  return out;
}

Result<std::optional<Time>> time_of(const std::optional<std::string>& text, const char* field) {
  if (!text) return std::optional<Time>();
  auto time = parse_rfc3339(*text);
  if (!time) return std::move(time.error()).at(field);
  return std::optional(*time);
}

Result<RunList> by_requester(const Rooms& rooms, const access::Call& call, const RunsBy& request) {
  const std::string name = request.requester.value_or(request.requester_id.value_or(""));
  tasks::RunFilter wanted;
  wanted.requester = SOUK_TRY(namespace_of(name, "requester"));
  SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, *wanted.requester));
  wanted.from = SOUK_TRY(time_of(request.start, "start"));
  wanted.until = SOUK_TRY(time_of(request.stop, "stop"));
  if (!wanted.from) wanted.from = std::chrono::floor<std::chrono::days>(now());
  if (wanted.until && *wanted.until < *wanted.from) {
    return invalid_argument("stop is before start").at("stop");
  }
  return list(rooms, call, wanted, request);
}

template <class Req, class F>
Route lenient(std::string pattern, F f) {
  Route route = plain<Req, RunList>("GET", std::move(pattern), kExecutor, kUsual, {}, std::move(f));
  route.unknown = json::UnknownFields::ignore;
  return route;
}

}  // namespace

void add_runs(RouteTable::Door& door, const Rooms& rooms) {
  door.add(lenient<RunsOf>("/v1alpha/namespaces/{ns}/models/{model}/runs",
                           [&rooms](const access::Call& call, const RunsOf& request) -> Result<RunList> {
                             const auto model = SOUK_TRY(
                                 rooms.registry.get_model(call, access::Role::EXECUTOR, request.ns, request.model));
                             tasks::RunFilter wanted;
                             wanted.model_id = model->id;
                             return list(rooms, call, wanted, request);
                           }));
  door.add(lenient<RunsBy>("/v1alpha/dashboard/models/runs", [&rooms](const access::Call& call, const RunsBy& request) {
    return by_requester(rooms, call, request);
  }));
}

}  // namespace souk::api::instill
