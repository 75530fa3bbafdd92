// SPDX-License-Identifier: Apache-2.0
#include "registry/lineage/lineage.h"
#include "serving/change.h"
#include "serving/state.h"

namespace souk::serving {

namespace {

// A fixed version has nowhere to go.
Status check_follow(bool follow, const registry::Reference& reference) {
  bool moves =
      !reference.alias.empty() || (reference.version.empty() && !reference.digest) || reference.version == "latest";
  if (!follow || moves) return {};
  return invalid_argument("only an alias or latest can be followed; " + reference.string() + " stays what it is")
      .at("follow")
      .advise("deploy MODEL@ALIAS --follow");
}

Error changed_since(const Deployment& deployment) {
  return failed_precondition(deployment.resource().label + " has changed since it was read")
      .at("If-Match")
      .advise("read it again and repeat the change");
}

// A deployment is called by its name, in paths of every protocol: so it is a slug from the start.
Result<std::string> slug_for(const DeployRequest& wanted, const std::string& model) {
  const std::string& name = wanted.name.empty() ? model : wanted.name;
  SOUK_TRY(access::check_name(name, "name"));
  if (Status good = access::check_slug(name); !good) return std::move(good.error()).at("name");
  return name;
}

json::Raw text_of(const Strategy& strategy) {
  return strategy.gradual() ? json::Raw{json::write(strategy)} : json::Raw{"{}"};
}

// Whether a version can run as the deployment's batching says. Errors: invalid_argument, with the field
Status check_batching(const registry::ModelVersion& version, const json::Raw& said) {
  if (said.text == "{}" || !version.signature) return {};
  auto signature = json::read<registry::Signature>(version.signature->text, json::UnknownFields::ignore);
  if (!signature) return {};
  const Batching declared = SOUK_TRY(batching_of(version.declaration, *signature));
  SOUK_TRY(overridden(declared, override_of(said), *signature));
  return {};
}

json::Raw text_of(const Routing& routing) {
  const bool none = !routing.sticky && routing.match.empty() && !routing.tolerance;
  return none ? json::Raw{"{}"} : json::Raw{json::write(routing)};
}

}  // namespace

access::Call Serving::State::system_call() const {
  access::Call call;
  call.principal = access.system();
  call.namespace_ = "default";
  return call;
}

// The version behind a reference, if it can answer requests at all.
Result<registry::ModelVersion> Serving::State::deployable(const registry::AuthorizedModel& model,
                                                          const registry::Reference& reference) {
  auto version = SOUK_TRY(registry.resolve(model, reference));
  std::string what = "version " + std::to_string(version.number) + " of model " + model->slug;
  if (!version.sealed_digest) {
    return failed_precondition(what + " is still open: it has no bytes to deploy").advise("push its files first");
  }
  if (version.state == registry::State::ARCHIVED || model->state == registry::State::ARCHIVED) {
    return failed_precondition(what + " is archived").advise("make it LIVE again first");
  }
  if (version.runtime.empty()) {
    return failed_precondition(
        what + " cannot be deployed: " + (version.missing.empty() ? "no runtime runs it" : version.missing));
  }
  return version;
}

// The version of the revision that is to answer.
Result<registry::ModelVersion> Serving::State::version_of(const Deployment& deployment) {
  const auto revision = SOUK_TRY(store.read([&](store::Tx& tx) { return find_revision(tx, deployment.revision_id); }));
  if (!revision) return not_found(deployment.resource().label + " has no revision");
  access::Call call = system_call();
  auto model = SOUK_TRY(registry.get_model(call, access::Role::READER, deployment.model_id));
  return registry.get_version(model, std::to_string(revision->version));
}

Result<DeploymentView> Serving::deploy(const access::Call& call, DeployRequest wanted, bool* created) {
  State& s = *state_;
  if (wanted.reference.namespace_.empty()) wanted.reference.namespace_ = call.namespace_;
  SOUK_TRY(check_follow(wanted.follow, wanted.reference));
  if (wanted.strategy) SOUK_TRY(check(*wanted.strategy));
  if (wanted.routing) SOUK_TRY(check(*wanted.routing));
  if (wanted.traffic && (*wanted.traffic < 0 || *wanted.traffic > 100)) {
    return invalid_argument("is not from 0 to 100").at("traffic");
  }
  auto ns = SOUK_TRY(s.access.get_namespace(call, access::Role::WRITER, call.namespace_));
  auto model =
      SOUK_TRY(s.registry.get_model(call, access::Role::READER, wanted.reference.namespace_, wanted.reference.model));
  auto version = SOUK_TRY(s.deployable(model, wanted.reference));
  std::string slug = SOUK_TRY(slug_for(wanted, model->slug));
  std::string reference = wanted.reference.string();
  bool made = false;
  auto view = s.store.write([&](store::Tx& tx) -> Result<DeploymentView> {
    made = false;
    auto row = SOUK_TRY(find_deployment(tx, ns->id, slug));
    if (row) {
      SOUK_TRY(s.access.authorize(call, access::Role::WRITER, *row));
      if (row->model_id != model->id) {
        return already_exists(row->resource().label + " serves another model, " + row->model_namespace + "/" +
                              row->model)
            .at("name")
            .advise("choose another name, or undeploy it first");
      }
      row->reference = reference;
      row->follow = wanted.follow;
      row->desired_state = DesiredState::RUNNING;
      if (wanted.strategy) row->strategy = text_of(*wanted.strategy);
      if (wanted.routing) row->routing = text_of(*wanted.routing);
      row->capacity = SOUK_TRY(patched(row->capacity, wanted.capacity));
      row->batching = patched(row->batching, wanted.batching);
      SOUK_TRY(check_batching(version, row->batching));
      SOUK_TRY(s.change(tx, call, *row, {.version = &version, .retry = true, .traffic = wanted.traffic}));
      return s.view(tx, std::move(*row));
    }
    made = true;
    Deployment d;
    d.uid = new_uid();
    d.namespace_id = ns->id;
    d.namespace_ = ns->slug;
    d.slug = slug;
    d.name = wanted.name.empty() ? model->slug : wanted.name;
    d.model_id = model->id;
    d.model_namespace = wanted.reference.namespace_;
    d.model = model->slug;
    d.reference = reference;
    d.follow = wanted.follow;
    if (wanted.strategy) d.strategy = text_of(*wanted.strategy);
    if (wanted.routing) d.routing = text_of(*wanted.routing);
    d.capacity = SOUK_TRY(patched(d.capacity, wanted.capacity));
    d.batching = patched(d.batching, wanted.batching);
    SOUK_TRY(check_batching(version, d.batching));
    d.create_time = d.update_time = now();
    Revision first = revision_of(version, DeploymentId(), wanted.configuration);
    SOUK_TRY(insert_deployment(tx, d, first));
    SOUK_TRY(registry::add_edge(tx, d.namespace_id,
                                {registry::node_of(first.version_id), registry::node_of(d.id), "deployed"}));
    SOUK_TRY(s.access.add_resource(tx, d.resource()));
    SOUK_TRY(s.append(tx, call, d, "deployment.created", data_of(d)));
    SOUK_TRY(s.append(tx, call, d, "revision.created", data_of(first)));
    tx.on_commit([bell = s.bell] { bell->ring_rows(); });
    return s.view(tx, std::move(d));
  });
  if (created) *created = made;
  return view;
}

Result<DeploymentView> Serving::update(const access::Call& call, const AuthorizedDeployment& deployment,
                                       const DeploymentPatch& patch, std::optional<std::int64_t> if_match) {
  State& s = *state_;
  if (deployment.role() < access::Role::WRITER) {
    return permission_denied(deployment->resource().label + ": changing it needs the role WRITER");
  }
  for (auto [null, field] :
       {std::pair{patch.desired_state.is_null(), "desired_state"}, std::pair{patch.follow.is_null(), "follow"},
        std::pair{patch.reference.is_null(), "reference"}}) {
    if (null) return invalid_argument(std::string(field) + " cannot be removed").at(field);
  }
  auto reference =
      SOUK_TRY(registry::Reference::parse(patch.reference.has_value() ? patch.reference.value : deployment->reference));
  if (reference.namespace_.empty()) reference.namespace_ = deployment->model_namespace;
  bool follow = patch.follow.has_value() ? patch.follow.value : deployment->follow;
  SOUK_TRY(check_follow(follow, reference));
  std::optional<registry::ModelVersion> version;
  if (patch.reference.has_value()) {
    if (reference.model != deployment->model || reference.namespace_ != deployment->model_namespace) {
      return invalid_argument(deployment->resource().label + " serves model " + deployment->model_namespace + "/" +
                              deployment->model + "; it cannot be pointed to another")
          .at("reference")
          .advise("deploy the other model under a name of its own");
    }
    auto model = SOUK_TRY(s.registry.get_model(call, access::Role::READER, deployment->model_id));
    version = SOUK_TRY(s.deployable(model, reference));
  }
  // What requests are joined for: the version that is to answer.
  std::optional<registry::ModelVersion> answers = version;
  if (!answers && patch.batching.has_value()) answers = SOUK_TRY(s.version_of(*deployment));
  if (patch.strategy.has_value()) SOUK_TRY(check(patch.strategy.value));
  if (patch.routing.has_value()) SOUK_TRY(check(patch.routing.value));
  if (patch.traffic.has_value()) SOUK_TRY(check(patch.traffic.value));
  auto view = s.store.write([&](store::Tx& tx) -> Result<DeploymentView> {
    auto row = SOUK_TRY(find_deployment(tx, deployment->id));
    if (!row) return not_found(deployment->resource().label + " does not exist");
    if (if_match && row->generation != *if_match) return changed_since(*row);
    bool starts = patch.desired_state.has_value() && patch.desired_state.value == DesiredState::RUNNING;
    if (patch.reference.has_value()) row->reference = reference.string();
    if (patch.desired_state.has_value()) row->desired_state = patch.desired_state.value;
    row->follow = follow;
    if (patch.strategy.given()) row->strategy = text_of(patch.strategy.value);
    if (patch.routing.given()) row->routing = text_of(patch.routing.value);
    if (patch.capacity.is_null()) row->capacity = json::Raw{"{}"};
    row->capacity = SOUK_TRY(patched(row->capacity, patch.capacity.value));
    if (patch.batching.is_null()) row->batching = json::Raw{"{}"};
    row->batching = patched(row->batching, patch.batching.value);
    if (answers) SOUK_TRY(check_batching(*answers, row->batching));
    SOUK_TRY(s.change(tx, call, *row,
                      {.version = version ? &*version : nullptr,
                       .retry = starts || version,
                       .traffic = std::nullopt,
                       .one_revision = patch.traffic.is_null(),
                       .shares = patch.traffic.value}));
    return s.view(tx, std::move(*row));
  });
  if (view && follow) s.bell->ring_follow();
  return view;
}

Status Serving::remove(const access::Call& call, const AuthorizedDeployment& deployment) {
  State& s = *state_;
  if (deployment.role() < access::Role::WRITER) {
    return permission_denied(deployment->resource().label + ": removing it needs the role WRITER");
  }
  return s.store.write([&](store::Tx& tx) -> Status {
    auto row = SOUK_TRY(find_deployment(tx, deployment->id));
    if (!row) return not_found(deployment->resource().label + " does not exist");
    SOUK_TRY(delete_deployment(tx, row->id));
    SOUK_TRY(s.access.remove_resource(tx, row->resource()));
    SOUK_TRY(s.append(tx, call, *row, "deployment.deleted", "{}"));
    tx.on_commit([bell = s.bell] { bell->ring_rows(); });
    return {};
  });
}

}  // namespace souk::serving
