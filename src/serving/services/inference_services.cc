// SPDX-License-Identifier: Apache-2.0
#include "serving/services/inference_services.h"

#include <algorithm>

#include "serving/rows.h"

namespace souk::serving {

namespace {

using registry::InferenceService;
using registry::ServeModel;
using registry::ServeState;
using registry::ServiceState;

constexpr std::chrono::seconds kRetry{5};

struct IdRow {
  InferenceServiceId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

struct DeletedData {
  std::optional<DeploymentId> deployment_id;
};
BOOST_DESCRIBE_STRUCT(DeletedData, (), (deployment_id))

ServeState state_of(DeploymentState state) {
  switch (state) {
    case DeploymentState::PENDING:
      return ServeState::NEW;
    case DeploymentState::READY:
      return ServeState::RUNNING;
    case DeploymentState::FAILED:
      return ServeState::FAILED;
    case DeploymentState::STOPPED:
      return ServeState::COMPLETE;
  }
  return ServeState::UNKNOWN;
}

bool is_over(ServeState state) {
  return state == ServeState::COMPLETE || state == ServeState::FAILED || state == ServeState::CANCELED ||
         state == ServeState::CACHED;
}

// What only the world's state decides: trying again at once would not help.
bool is_final(Code code) {
  return code == Code::failed_precondition || code == Code::not_found || code == Code::invalid_argument ||
         code == Code::permission_denied;
}

}  // namespace

InferenceServices::InferenceServices(store::Store& store, events::Log& events, access::Access& access,
                                     registry::Registry& registry, Serving& serving, Logger& log)
    : store_(store),
      events_(events),
      access_(access),
      registry_(registry),
      serving_(serving),
      log_(log),
      services_(registry),
      serves_(registry) {}

InferenceServices::~InferenceServices() {
  stop();
}

Status InferenceServices::start() {
  subscription_ =
      SOUK_TRY(events_.subscribe({.types = {"inference_service.*", "deployment.*", "revision.created",
                                            "replica.changed", "version.sealed", "model.updated", "version.updated"}},
                                 [this](const events::EventPtr& event) { hear(*event); }));
  all_ = true;
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  return {};
}

void InferenceServices::stop() {
  subscription_.reset();
  thread_.request_stop();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// On the log's thread: notes what is to be looked at.
void InferenceServices::hear(const events::Event& event) {
  std::lock_guard lock(mutex_);
  if (event.kind == "inference_service") {
    dirty_.insert(InferenceServiceId(event.id));
    const auto data = json::read<DeletedData>(event.data.text, json::UnknownFields::ignore);
    if (event.type == "inference_service.deleted" && data && data->deployment_id) orphans_.insert(*data->deployment_id);
  } else if (event.kind == "deployment" || event.kind == "revision" || event.kind == "replica") {
    moved_.insert(DeploymentId(event.id));
  } else {
    all_ = all_ || event.kind == "version";
    if (event.kind == "model") models_.insert(ModelId(event.id));
  }
  wake_.notify_all();
}

Result<InferenceServices::Ids> InferenceServices::of(std::string_view column, std::int64_t id) {
  const std::string sql = "SELECT id FROM inference_services" +
                          (column.empty() ? " WHERE id > $1" : " WHERE " + std::string(column) + " = $1");
  const auto rows = SOUK_TRY(store_.read([&](store::Tx& tx) { return tx.all<IdRow>(sql, id); }));
  Ids out;
  for (const IdRow& row : rows) out.insert(row.id);
  return out;
}

void InferenceServices::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  Ids again;
  const auto something = [&] {
    return all_ || !dirty_.empty() || !moved_.empty() || !models_.empty() || !orphans_.empty();
  };
  while (!stop.stop_requested()) {
    if (again.empty()) {
      wake_.wait(lock, stop, something);
    } else {
      wake_.wait_for(lock, stop, kRetry, something);
    }
    if (stop.stop_requested()) return;
    Ids ids = std::exchange(dirty_, {});
    const auto moved = std::exchange(moved_, {});
    const auto orphans = std::exchange(orphans_, {});
    const auto models = std::exchange(models_, {});
    const bool all = std::exchange(all_, false);
    lock.unlock();
    ids.merge(again);
    again.clear();
    const auto add = [&](Result<Ids> more) {
      if (more) ids.merge(*more);
    };
    if (all) add(of("", 0));
    for (DeploymentId id : moved) add(of("deployment_id", id.value));
    for (ModelId id : models) add(of("model_id", id.value));
    for (DeploymentId id : orphans) {
      if (Status dropped = drop(id); !dropped)
        log_.warn("serving", "a deployment was left behind", {{"id", id.value}, {"why", dropped.error().describe()}});
    }
    for (InferenceServiceId id : ids) {
      if (stop.stop_requested()) return;
      Status settled = settle(id);
      if (settled || settled.error().code == Code::not_found) continue;
      again.insert(id);
      log_.warn("serving", "an inference service did not settle",
                {{"id", id.value}, {"why", settled.error().describe()}});
    }
    lock.lock();
  }
}

Status InferenceServices::settle(InferenceServiceId id) {
  access::Call call;
  call.principal = access_.system();
  call.namespace_ = "default";
  const auto service = SOUK_TRY(services_.get(call, access::Role::WRITER, id));
  call.namespace_ = SOUK_TRY(access_.namespace_slug(service->namespace_id));
  return service->desired_state == ServiceState::DEPLOYED ? deploy(call, service) : undeploy(call, service);
}

Result<std::optional<AuthorizedDeployment>> InferenceServices::find_deployment(const access::Call& call,
                                                                               DeploymentId id) {
  auto row = SOUK_TRY(store_.read([&](store::Tx& tx) { return serving::find_deployment(tx, id); }));
  if (!row) return std::optional<AuthorizedDeployment>();
  auto found = serving_.get(call, access::Role::WRITER, row->namespace_, row->slug);
  if (!found && found.error().code == Code::not_found) return std::optional<AuthorizedDeployment>();
  if (!found) return found.error();
  return std::optional(std::move(*found));
}

// The deployment as the service wants it; made or changed where it is not so.
Result<DeploymentView> InferenceServices::deployed(const access::Call& call, const Authorized& service) {
  const auto model = SOUK_TRY(registry_.get_model(call, access::Role::READER, service->model_id));
  DeployRequest wanted;
  wanted.reference.namespace_ = SOUK_TRY(access_.namespace_slug(model->namespace_id));
  wanted.reference.model = model->slug;
  wanted.follow = !service->version_id;
  if (service->version_id) {
    const auto found = SOUK_TRY(registry_.get_version(call, access::Role::READER, *service->version_id));
    wanted.reference.version = std::to_string(found.version.number);
  }
  if (service->deployment_id) {
    if (const auto own = SOUK_TRY(find_deployment(call, *service->deployment_id))) {
      const Deployment& row = **own;
      if (row.reference == wanted.reference.string() && row.desired_state == DesiredState::RUNNING)
        return serving_.view(*own);
      wanted.name = row.slug;
      return serving_.deploy(call, std::move(wanted));
    }
  }
  const Result<std::string> slug = access::slug_of(service->name);
  wanted.name = slug ? *slug : "service";
  // A name that another deployment has is not taken away from it.
  if (!slug || serving_.get(call, access::Role::READER, call.namespace_, wanted.name))
    wanted.name += "-" + std::to_string(service->id.value);
  auto view = SOUK_TRY(serving_.deploy(call, std::move(wanted)));
  SOUK_TRY(services_.update(
      call, service,
      [&view](InferenceService& one) -> Status {
        one.deployment_id = view.deployment.id;
        return {};
      },
      std::nullopt));
  return view;
}

Status InferenceServices::deploy(const access::Call& call, const Authorized& service) {
  const auto view = deployed(call, service);
  if (view) return tell(call, service, *view);
  return is_final(view.error().code) ? tell_failed(call, service, view.error()) : Status(view.error());
}

Status InferenceServices::undeploy(const access::Call& call, const Authorized& service) {
  if (!service->deployment_id) return {};
  const auto own = SOUK_TRY(find_deployment(call, *service->deployment_id));
  if (!own) return {};
  if ((*own)->desired_state == DesiredState::STOPPED) return tell(call, service, SOUK_TRY(serving_.view(*own)));
  DeploymentPatch patch;
  patch.desired_state = {json::Patch<DesiredState>::State::value, DesiredState::STOPPED};
  return tell(call, service, SOUK_TRY(serving_.update(call, *own, patch, std::nullopt)));
}

Status InferenceServices::tell(const access::Call& call, const Authorized& service, const DeploymentView& view) {
  for (const Revision& revision : view.revisions) {
    const bool current = revision.id == view.deployment.revision_id;
    const ServeState state = current ? state_of(view.state) : ServeState::COMPLETE;
    if (!revision.version_id) continue;  // its version is gone
    SOUK_TRY(put_serve(call, service, revision.version_id, revision.id, state, current ? view.reason : ""));
  }
  return {};
}

// Nothing could be deployed: the version that was asked for carries the reason.
Status InferenceServices::tell_failed(const access::Call& call, const Authorized& service, const Error& why) {
  VersionId version;
  if (service->version_id) {
    version = *service->version_id;
  } else {
    const auto model = registry_.get_model(call, access::Role::READER, service->model_id);
    if (!model) return {};
    const auto latest = registry_.get_version(*model, "latest");
    if (!latest) return {};  // of no version nothing can be told
    version = latest->id;
  }
  return put_serve(call, service, version, std::nullopt, ServeState::FAILED, why.describe());
}

Status InferenceServices::put_serve(const access::Call& call, const Authorized& service, VersionId version,
                                    std::optional<RevisionId> revision, ServeState state, const std::string& reason) {
  const std::string name =
      revision ? "revision-" + std::to_string(revision->value) : "version-" + std::to_string(version.value);
  auto found = serves_.find(call, {.namespace_id = service->namespace_id,
                                   .under = {registry::Parent::inference_service_id, service->id.value},
                                   .name = name,
                                   .external_id = {}});
  if (!found && found.error().code != Code::not_found) return found.error();
  if (!found) {
    ServeModel serve;
    serve.namespace_id = service->namespace_id;
    serve.inference_service_id = service->id;
    serve.version_id = version;
    serve.revision_id = revision;
    serve.name = name;
    serve.description = reason;
    serve.last_known_state = state;
    auto made = serves_.create(call, std::move(serve));
    if (!made && made.error().code != Code::already_exists) return made.error();
    return {};
  }
  // What failed stays so in history when another revision has taken over.
  if (is_over((*found)->last_known_state) && state == ServeState::COMPLETE) return {};
  SOUK_TRY(serves_.update(
      call, *found,
      [&](ServeModel& one) -> Status {
        one.last_known_state = state;
        one.description = reason;
        return {};
      },
      std::nullopt));
  return {};
}

Status InferenceServices::drop(DeploymentId deployment) {
  access::Call call;
  call.principal = access_.system();
  call.namespace_ = "default";
  const auto own = SOUK_TRY(find_deployment(call, deployment));
  return own ? serving_.remove(call, *own) : Status();
}

}  // namespace souk::serving
