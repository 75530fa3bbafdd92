// SPDX-License-Identifier: Apache-2.0
#include "api/native/experiments/shapes.h"

#include <charconv>

namespace souk::api::native {
namespace {

std::int64_t number_in(const std::string& text) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? id : 0;
}

Error missing(std::string_view what, const std::string& name) {
  return not_found(std::string(what) + " " + access::as_shown(name) + " does not exist");
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out.append(c == '\\' || c == '\'' ? "\\" : "").append(1, c);
  return out + "'";
}

}  // namespace

Experiment shape(const std::string& ns, const registry::Experiment& from) {
  return {from.id,
          from.uid,
          ns,
          from.slug,
          from.name,
          from.external_id,
          from.description,
          from.owner,
          from.state,
          from.tags,
          from.custom_properties,
          from.create_time,
          from.update_time,
          std::to_string(from.revision)};
}

Result<std::vector<Run>> shapes(const Rooms& rooms, const std::string& ns, const std::string& experiment,
                                const std::vector<registry::ExperimentRun>& runs) {
  std::vector<RunId> ids;
  for (const auto& run : runs) ids.push_back(run.id);
  const auto values = SOUK_TRY(rooms.run_log.values(ids));
  std::vector<Run> out;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const registry::ExperimentRun& from = runs[i];
    Run run{.id = from.id,
            .uid = from.uid,
            .namespace_ = ns,
            .experiment = experiment.empty() ? std::to_string(from.experiment_id.value) : experiment,
            .parent_run_id = from.parent_run_id,
            .name = from.name,
            .external_id = from.external_id,
            .description = from.description,
            .owner = from.owner,
            .status = from.status,
            .state = from.state,
            .start_time = from.start_time,
            .end_time = from.end_time};
    for (const auto& metric : values[i].metrics)
      run.metrics[metric.name] = {metric.value.value_or(0), metric.step.value_or(0), metric.timestamp.value_or(Time())};
    for (const auto& parameter : values[i].parameters)
      run.parameters[parameter.name] = parameter.text_value.value_or("");
    run.tags = from.tags;
    run.custom_properties = from.custom_properties;
    run.create_time = from.create_time;
    run.update_time = from.update_time;
    run.etag = std::to_string(from.revision);
    out.push_back(std::move(run));
  }
  return out;
}

Result<access::Authorized<registry::Experiment>> get_experiment(const Rooms& rooms, const access::Call& call,
                                                                access::Role needed, const std::string& ns,
                                                                const std::string& experiment) {
  const auto in = SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, ns));
  const auto page = SOUK_TRY(rooms.experiments.list(call, {registry::Parent::namespace_id, in->id.value},
                                                    {.page_size = 1, .and_filter = "slug = " + quoted(experiment)}));
  const ExperimentId id = page.items.empty() ? ExperimentId(number_in(experiment)) : page.items.front().id;
  auto found = rooms.experiments.get(call, needed, id);
  if (found && (*found)->namespace_id != in->id) return missing("experiment", experiment);
  if (!found && found.error().code == Code::not_found) return missing("experiment", experiment);
  return found;
}

Result<RunOfExperiment> get_run(const Rooms& rooms, const access::Call& call, access::Role needed,
                                const std::string& ns, const std::string& experiment, const std::string& run) {
  auto of = SOUK_TRY(get_experiment(rooms, call, access::Role::READER, ns, experiment));
  RunId id(number_in(run));
  if (!id) {
    const auto page =
        SOUK_TRY(rooms.runs.list(call, {registry::Parent::experiment_id, of->id.value},
                                 {.page_size = 2, .and_filter = "uid = " + quoted(run) + " OR name = " + quoted(run)}));
    if (page.items.size() > 1) return missing("single run", run);
    if (page.items.empty()) return missing("run", run);
    id = page.items.front().id;
  }
  auto found = rooms.runs.get(call, needed, id);
  if (!found && found.error().code != Code::not_found) return found.error();
  if (!found || (*found)->experiment_id != of->id) return missing("run", run);
  return RunOfExperiment{std::move(of), std::move(*found)};
}

}  // namespace souk::api::native
