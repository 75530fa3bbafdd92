// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/experiments/shapes.h"

namespace souk::api::native {
namespace {

using access::Role;

struct RunList {
  std::vector<Run> runs;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RunList, (), (runs, next_page_token))
struct ListRuns : ListFields {
  std::string ns, experiment;
};
BOOST_DESCRIBE_STRUCT(ListRuns, (ListFields), (ns, experiment))
struct ListAllRuns : ListFields {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListAllRuns, (ListFields), (ns))

struct NewRunBody {
  std::optional<std::string> name, external_id, description, owner;
  std::optional<RunId> parent_run_id;
  std::optional<registry::RunStatus> status;
  std::optional<Time> start_time;
  std::map<std::string, std::string> tags;
  std::map<std::string, json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(NewRunBody, (),
                      (name, external_id, description, owner, parent_run_id, status, start_time, tags,
                       custom_properties))
struct StartRun {
  std::string ns, experiment;
  NewRunBody body;
};
BOOST_DESCRIBE_STRUCT(StartRun, (), (ns, experiment, body))
struct OneRun {
  std::string ns, experiment, run;
};
BOOST_DESCRIBE_STRUCT(OneRun, (), (ns, experiment, run))
struct RunPatchBody {
  json::Patch<std::string> name, external_id, description, owner;
  json::Patch<registry::RunStatus> status;
  json::Patch<registry::State> state;
  json::Patch<Time> start_time, end_time;
  json::Patch<json::Raw> tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(RunPatchBody, (),
                      (name, external_id, description, owner, status, state, start_time, end_time, tags,
                       custom_properties))
struct PatchRun {
  std::string ns, experiment, run;
  std::optional<std::string> if_match;
  RunPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchRun, (), (ns, experiment, run, if_match, body))
struct DeleteRun {
  std::string ns, experiment, run;
  std::optional<bool> cascade;
  std::optional<std::string> if_match;
};
BOOST_DESCRIBE_STRUCT(DeleteRun, (), (ns, experiment, run, cascade, if_match))

Status apply(const RunPatchBody& patch, registry::ExperimentRun& run) {
  if (patch.status.is_null()) return invalid_argument("status cannot be null").at("status");
  if (patch.state.is_null()) return invalid_argument("state: expected LIVE or ARCHIVED, got null").at("state");
  registry::patch_text(patch.name, run.name);
  registry::patch_text(patch.description, run.description);
  registry::patch_text(patch.owner, run.owner);
  registry::patch_text(patch.external_id, run.external_id);
  if (patch.status.has_value()) run.status = patch.status.value;
  if (patch.state.has_value()) run.state = patch.state.value;
  if (patch.start_time.has_value()) run.start_time = patch.start_time.value;
  if (patch.start_time.is_null()) run.start_time.reset();
  if (patch.end_time.has_value()) run.end_time = patch.end_time.value;
  if (patch.end_time.is_null()) run.end_time.reset();
  run.tags = registry::patched(run.tags, patch.tags);
  run.custom_properties = registry::patched(run.custom_properties, patch.custom_properties);
  return {};
}

Result<Run> one_shape(const Rooms& rooms, const std::string& ns, const std::string& experiment,
                      const registry::ExperimentRun& run) {
  return std::move(SOUK_TRY(shapes(rooms, ns, experiment, {run})).front());
}

Result<RunList> list(const Rooms& rooms, const access::Call& call, const std::string& ns, const std::string& experiment,
                     const registry::Under& under, const ListFields& fields) {
  const auto page = SOUK_TRY(rooms.runs.list(call, under, SOUK_TRY(list_query(fields))));
  return RunList{SOUK_TRY(shapes(rooms, ns, experiment, page.items)), page_token_of(page.next_page_token)};
}

registry::ExperimentRun wanted_run(const registry::Experiment& experiment, const NewRunBody& body) {
  registry::ExperimentRun run;
  run.namespace_id = experiment.namespace_id;
  run.experiment_id = experiment.id;
  run.name = body.name.value_or("");
  run.external_id = body.external_id;
  run.description = body.description.value_or("");
  run.owner = body.owner.value_or("");
  run.parent_run_id = body.parent_run_id;
  run.status = body.status.value_or(registry::RunStatus::RUNNING);
  run.start_time = body.start_time;
  if (!run.start_time && run.status == registry::RunStatus::RUNNING) run.start_time = now();
  run.tags.text = json::write(body.tags);
  run.custom_properties.text = json::write(body.custom_properties);
  return run;
}

}  // namespace

void add_runs(RouteTable::Door& door, const Rooms& rooms) {
  const std::string all = "/api/v1/namespaces/{ns}/experiments/{experiment}/runs", one = all + "/{run}";
  door.add(plain<ListAllRuns, RunList>(
      "GET", "/api/v1/namespaces/{ns}/runs", kReader, kUsual,
      {"list_all_runs", "Runs of all experiments of a namespace"},
      [&rooms](const access::Call& call, const ListAllRuns& request) -> Result<RunList> {
        const auto ns = SOUK_TRY(rooms.access.get_namespace(call, Role::READER, request.ns));
        return list(rooms, call, ns->slug, "", {registry::Parent::namespace_id, ns->id.value}, request);
      }));
  door.add(plain<ListRuns, RunList>("GET", all, kReader, kUsual, {"list_runs", "Runs of an experiment"},
                                    [&rooms](const access::Call& call, const ListRuns& request) -> Result<RunList> {
                                      const auto experiment = SOUK_TRY(
                                          get_experiment(rooms, call, Role::READER, request.ns, request.experiment));
                                      return list(rooms, call, request.ns, experiment->slug,
                                                  {registry::Parent::experiment_id, experiment->id.value}, request);
                                    }));
  door.add(plain<StartRun, Run>(
      "POST", all, kWriter, kUsual, {"start_run", "Start a run; parent_run_id makes it a nested one", 201},
      [&rooms](const access::Call& call, const StartRun& request) -> Result<Run> {
        const auto experiment = SOUK_TRY(get_experiment(rooms, call, Role::WRITER, request.ns, request.experiment));
        const auto run = SOUK_TRY(rooms.runs.create(call, wanted_run(*experiment, request.body), false));
        return one_shape(rooms, request.ns, experiment->slug, run);
      }));
  door.add(lookup<OneRun, Run>(one, kReader, {"get_run", "One run, by id, uid or name, with its latest values"},
                               [&rooms](const access::Call& call, const OneRun& request) -> Result<Run> {
                                 const auto found = SOUK_TRY(
                                     get_run(rooms, call, Role::READER, request.ns, request.experiment, request.run));
                                 return one_shape(rooms, request.ns, found.experiment->slug, *found.run);
                               }));
  door.add(plain<PatchRun, Run>(
      "PATCH", one, kWriter, kUsual, {"update_run", "Change a run, such as its status (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchRun& request) -> Result<Run> {
        const auto found = SOUK_TRY(get_run(rooms, call, Role::WRITER, request.ns, request.experiment, request.run));
        const auto run = SOUK_TRY(rooms.runs.update(
            call, found.run, [&](registry::ExperimentRun& row) { return apply(request.body, row); },
            SOUK_TRY(revision_of(request.if_match))));
        return one_shape(rooms, request.ns, found.experiment->slug, run);
      }));
  door.add(plain<DeleteRun, NoContent>(
      "DELETE", one, kWriter, kUsual, {"delete_run", "Delete a run; cascade takes nested runs too"},
      [&rooms](const access::Call& call, const DeleteRun& request) -> Result<NoContent> {
        const auto found = SOUK_TRY(get_run(rooms, call, Role::WRITER, request.ns, request.experiment, request.run));
        SOUK_TRY(rooms.runs.remove(call, found.run, request.cascade.value_or(false),
                                   SOUK_TRY(revision_of(request.if_match))));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
