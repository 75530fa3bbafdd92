// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/experiments/shapes.h"

namespace souk::api::native {
namespace {

using access::Role;

struct ExperimentList {
  std::vector<Experiment> experiments;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(ExperimentList, (), (experiments, next_page_token))
struct ListExperiments : ListFields {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListExperiments, (ListFields), (ns))

struct NewExperimentBody {
  std::string name;
  std::optional<std::string> slug, external_id, description, owner;
  std::map<std::string, std::string> tags;
  std::map<std::string, json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(NewExperimentBody, (), (name, slug, external_id, description, owner, tags, custom_properties))
struct CreateExperiment {
  std::string ns;
  NewExperimentBody body;
};
BOOST_DESCRIBE_STRUCT(CreateExperiment, (), (ns, body))
struct OneExperiment {
  std::string ns, experiment;
};
BOOST_DESCRIBE_STRUCT(OneExperiment, (), (ns, experiment))
struct ExperimentPatchBody {
  json::Patch<std::string> name, external_id, description, owner;
  json::Patch<registry::State> state;
  json::Patch<json::Raw> tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(ExperimentPatchBody, (), (name, external_id, description, owner, state, tags, custom_properties))
struct PatchExperiment {
  std::string ns, experiment;
  std::optional<std::string> if_match;
  ExperimentPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchExperiment, (), (ns, experiment, if_match, body))
struct DeleteExperiment {
  std::string ns, experiment;
  std::optional<bool> cascade;
  std::optional<std::string> if_match;
};
BOOST_DESCRIBE_STRUCT(DeleteExperiment, (), (ns, experiment, cascade, if_match))

Status apply(const ExperimentPatchBody& patch, registry::Experiment& experiment) {
  registry::patch_text(patch.name, experiment.name);
  registry::patch_text(patch.description, experiment.description);
  registry::patch_text(patch.owner, experiment.owner);
  registry::patch_text(patch.external_id, experiment.external_id);
  if (patch.state.is_null()) return invalid_argument("state: expected LIVE or ARCHIVED, got null").at("state");
  if (patch.state.has_value()) experiment.state = patch.state.value;
  experiment.tags = registry::patched(experiment.tags, patch.tags);
  experiment.custom_properties = registry::patched(experiment.custom_properties, patch.custom_properties);
  return {};
}

}  // namespace

void add_experiments(RouteTable::Door& door, const Rooms& rooms) {
  const std::string all = "/api/v1/namespaces/{ns}/experiments", one = all + "/{experiment}";
  door.add(plain<ListExperiments, ExperimentList>(
      "GET", all, kReader, kUsual, {"list_experiments", "Experiments of a namespace"},
      [&rooms](const access::Call& call, const ListExperiments& request) -> Result<ExperimentList> {
        const auto ns = SOUK_TRY(rooms.access.get_namespace(call, Role::READER, request.ns));
        const auto page = SOUK_TRY(rooms.experiments.list(call, {registry::Parent::namespace_id, ns->id.value},
                                                          SOUK_TRY(list_query(request))));
        ExperimentList out;
        for (const registry::Experiment& experiment : page.items)
          out.experiments.push_back(shape(ns->slug, experiment));
        out.next_page_token = page_token_of(page.next_page_token);
        return out;
      }));
  door.add(plain<CreateExperiment, Experiment>(
      "POST", all, kWriter, kUsual, {"create_experiment", "Make an experiment", 201},
      [&rooms](const access::Call& call, const CreateExperiment& request) -> Result<Experiment> {
        const auto ns = SOUK_TRY(rooms.access.get_namespace(call, Role::WRITER, request.ns));
        const NewExperimentBody& body = request.body;
        registry::Experiment wanted;
        wanted.namespace_id = ns->id;
        wanted.name = body.name;
        if (body.slug) SOUK_TRY(access::check_slug(*body.slug));
        wanted.slug = body.slug.value_or("");
        wanted.external_id = body.external_id;
        wanted.description = body.description.value_or("");
        wanted.owner = body.owner.value_or("");
        wanted.tags.text = json::write(body.tags);
        wanted.custom_properties.text = json::write(body.custom_properties);
        return shape(ns->slug, SOUK_TRY(rooms.experiments.create(call, std::move(wanted))));
      }));
  door.add(lookup<OneExperiment, Experiment>(
      one, kReader, {"get_experiment", "One experiment, by slug or id"},
      [&rooms](const access::Call& call, const OneExperiment& request) -> Result<Experiment> {
        return shape(request.ns, *SOUK_TRY(get_experiment(rooms, call, Role::READER, request.ns, request.experiment)));
      }));
  door.add(plain<PatchExperiment, Experiment>(
      "PATCH", one, kWriter, kUsual, {"update_experiment", "Change an experiment (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchExperiment& request) -> Result<Experiment> {
        const auto found = SOUK_TRY(get_experiment(rooms, call, Role::WRITER, request.ns, request.experiment));
        return shape(request.ns,
                     SOUK_TRY(rooms.experiments.update(
                         call, found, [&](registry::Experiment& experiment) { return apply(request.body, experiment); },
                         SOUK_TRY(revision_of(request.if_match)))));
      }));
  door.add(plain<DeleteExperiment, NoContent>(
      "DELETE", one, kWriter, kUsual, {"delete_experiment", "Delete an experiment; cascade takes its runs too"},
      [&rooms](const access::Call& call, const DeleteExperiment& request) -> Result<NoContent> {
        const auto found = SOUK_TRY(get_experiment(rooms, call, Role::WRITER, request.ns, request.experiment));
        SOUK_TRY(rooms.experiments.remove(call, found, request.cascade.value_or(false),
                                          SOUK_TRY(revision_of(request.if_match))));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
