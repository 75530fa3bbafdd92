// SPDX-License-Identifier: Apache-2.0
//
// Experiments and their runs.
#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

using access::Role;
using registry::Experiment;
using registry::ExperimentRun;
using registry::Parent;

struct ExperimentUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, owner, state;
};
BOOST_DESCRIBE_STRUCT(ExperimentUpdate, (), (customProperties, externalId, description, owner, state))
struct ExperimentCreate : ExperimentUpdate {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(ExperimentCreate, (ExperimentUpdate), (name))

struct RunUpdate {
  std::optional<json::Raw> customProperties;
  std::optional<std::string> externalId, description, owner, state, status, endTimeSinceEpoch;
};
BOOST_DESCRIBE_STRUCT(RunUpdate, (),
                      (customProperties, externalId, description, owner, state, status, endTimeSinceEpoch))
struct RunCreate : RunUpdate {
  std::optional<std::string> name, experimentId, startTimeSinceEpoch;
};
BOOST_DESCRIBE_STRUCT(RunCreate, (RunUpdate), (name, experimentId, startTimeSinceEpoch))
struct RunWhole : RunCreate {
  std::optional<std::string> id, createTimeSinceEpoch, lastUpdateTimeSinceEpoch;
};
BOOST_DESCRIBE_STRUCT(RunWhole, (RunCreate), (id, createTimeSinceEpoch, lastUpdateTimeSinceEpoch))

template <class Body>
Status apply(const Body& body, Experiment& experiment) {
  if (body.owner) experiment.owner = *body.owner;
  if (body.state) experiment.state = SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE));
  return apply_common(body, experiment);
}

template <class Body>
Status apply(const Body& body, ExperimentRun& run) {
  if (body.owner) run.owner = *body.owner;
  if (body.state) run.state = SOUK_TRY(enum_of(body.state, "state", registry::State::LIVE));
  if (body.status) run.status = SOUK_TRY(enum_of(body.status, "status", registry::RunStatus::RUNNING));
  if (body.endTimeSinceEpoch) run.end_time = SOUK_TRY(time_of(body.endTimeSinceEpoch, "endTimeSinceEpoch"));
  return apply_common(body, run);
}

template <class Body>
Result<net::Response> create_run(const Rooms& rooms, const Exchange& exchange,
                                 const access::Authorized<Experiment>& experiment, const Body& body) {
  ExperimentRun run;
  run.namespace_id = experiment->namespace_id;
  run.experiment_id = experiment->id;
  run.name = body.name.value_or("");
  run.start_time = SOUK_TRY(time_of(body.startTimeSinceEpoch, "startTimeSinceEpoch"));
  SOUK_TRY(apply(body, run));
  return json_answer(201, text_of(SOUK_TRY(rooms.runs.create(exchange.call, std::move(run)))));
}

Result<net::Response> post_run(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<RunCreate>(exchange));
  const ExperimentId id(SOUK_TRY(body_id(body.experimentId, "experimentId")));
  auto experiment = rooms.experiments.get(exchange.call, Role::WRITER, id);
  if (!experiment) return in_body(experiment.error());
  return create_run(rooms, exchange, *experiment, body);
}

Result<net::Response> post_run_nested(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<ExperimentId>(exchange, "experiment"));
  const auto body = SOUK_TRY(read_body<RunWhole>(exchange));
  const auto experiment = SOUK_TRY(rooms.experiments.get(exchange.call, Role::WRITER, id));
  if (body.experimentId && *body.experimentId != id_text(id.value))
    return invalid_argument("experimentId is not the experiment of the address").at("experimentId");
  return create_run(rooms, exchange, experiment, body);
}

Result<net::Response> list_runs(const Rooms& rooms, const Exchange& exchange, const registry::Under& under,
                                bool nested) {
  auto query = SOUK_TRY(list_query(exchange));
  if (nested) SOUK_TRY(narrow(exchange, query));
  return list_answer(SOUK_TRY(rooms.runs.list(exchange.call, under, query)), query.page_size,
                     [](json::Writer& out, const ExperimentRun& run) { write(out, run); });
}

Result<net::Response> post_experiment(const Rooms& rooms, const Exchange& exchange) {
  const auto body = SOUK_TRY(read_body<ExperimentCreate>(exchange));
  if (!body.name || body.name->empty()) return required("name");
  Experiment experiment;
  experiment.namespace_id = SOUK_TRY(the_namespace(rooms, exchange.call, Role::WRITER))->id;
  experiment.name = *body.name;
  SOUK_TRY(apply(body, experiment));
  return json_answer(201, text_of(SOUK_TRY(rooms.experiments.create(exchange.call, std::move(experiment)))));
}

Result<net::Response> patch_experiment(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<ExperimentId>(exchange, "experiment"));
  const auto body = SOUK_TRY(read_body<ExperimentUpdate>(exchange));
  const auto experiment = SOUK_TRY(rooms.experiments.get(exchange.call, Role::WRITER, id));
  return json_answer(200,
                     text_of(SOUK_TRY(rooms.experiments.update(
                         exchange.call, experiment, [&](Experiment& one) { return apply(body, one); }, std::nullopt))));
}

Result<net::Response> patch_run(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<RunId>(exchange, "experiment run"));
  const auto body = SOUK_TRY(read_body<RunUpdate>(exchange));
  const auto run = SOUK_TRY(rooms.runs.get(exchange.call, Role::WRITER, id));
  return json_answer(200,
                     text_of(SOUK_TRY(rooms.runs.update(
                         exchange.call, run, [&](ExperimentRun& one) { return apply(body, one); }, std::nullopt))));
}

}  // namespace

void add_experiments(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/experiment", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(200,
                       text_of<Experiment>(*SOUK_TRY(find_record(rooms, rooms.experiments, exchange, std::nullopt))));
  }));
  door.add(route("GET", "/experiments", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto query = SOUK_TRY(list_query(exchange));
    const auto under = SOUK_TRY(here(rooms, exchange));
    return list_answer(SOUK_TRY(rooms.experiments.list(exchange.call, under, query)), query.page_size,
                       [](json::Writer& out, const Experiment& experiment) { write(out, experiment); });
  }));
  door.add(
      route("POST", "/experiments", [&rooms](const Exchange& exchange) { return post_experiment(rooms, exchange); }));
  door.add(route("GET", "/experiments/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<ExperimentId>(exchange, "experiment"));
    return json_answer(200, text_of<Experiment>(*SOUK_TRY(rooms.experiments.get(exchange.call, Role::READER, id))));
  }));
  door.add(route("PATCH", "/experiments/{id}",
                 [&rooms](const Exchange& exchange) { return patch_experiment(rooms, exchange); }));
}

void add_runs(Paths& door, const Rooms& rooms) {
  door.add(route("GET", "/experiment_run", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return json_answer(
        200, text_of<ExperimentRun>(*SOUK_TRY(find_record(rooms, rooms.runs, exchange, Parent::experiment_id))));
  }));
  door.add(route("GET", "/experiment_runs", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    return list_runs(rooms, exchange, SOUK_TRY(here(rooms, exchange)), false);
  }));
  door.add(route("POST", "/experiment_runs", [&rooms](const Exchange& exchange) { return post_run(rooms, exchange); }));
  door.add(route("GET", "/experiment_runs/{id}", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<RunId>(exchange, "experiment run"));
    return json_answer(200, text_of<ExperimentRun>(*SOUK_TRY(rooms.runs.get(exchange.call, Role::READER, id))));
  }));
  door.add(route("PATCH", "/experiment_runs/{id}",
                 [&rooms](const Exchange& exchange) { return patch_run(rooms, exchange); }));
  door.add(
      route("GET", "/experiments/{id}/experiment_runs", [&rooms](const Exchange& exchange) -> Result<net::Response> {
        const auto id = SOUK_TRY(path_id<ExperimentId>(exchange, "experiment"));
        SOUK_TRY(rooms.experiments.get(exchange.call, Role::READER, id));
        return list_runs(rooms, exchange, {Parent::experiment_id, id.value}, true);
      }));
  door.add(route("POST", "/experiments/{id}/experiment_runs",
                 [&rooms](const Exchange& exchange) { return post_run_nested(rooms, exchange); }));
}

}  // namespace souk::api::kubeflow
