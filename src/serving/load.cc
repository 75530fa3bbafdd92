// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/local_files.h"
#include "serving/batching/queue.h"
#include "serving/state.h"
#include "serving/warm.h"

namespace souk::serving {

namespace {

std::string reason_of(const Error& error) {
  std::string reason = error.describe();
  if (!error.hint.empty()) reason += "; " + error.hint;
  return reason;
}

// What the version declares beyond what its runtime knows.
void take_declared(const registry::Signature& sealed, registry::Signature& signature) {
  signature.task = sealed.task;
  auto take = [](const std::vector<registry::TensorSpec>& from, std::vector<registry::TensorSpec>& to) {
    for (registry::TensorSpec& spec : to) {
      auto found = std::ranges::find(from, spec.name, &registry::TensorSpec::name);
      if (found == from.end()) continue;
      spec.min = found->min;
      spec.max = found->max;
    }
  };
  take(sealed.inputs, signature.inputs);
  take(sealed.outputs, signature.outputs);
}

}  // namespace

// Under the mutex.
void Serving::State::begin(Served& served, std::shared_ptr<Replicated> replica) {
  replica->generation = served.row.generation;
  replica->unwanted = false;
  replica->update_time = now();
  Status posted = loads->post([this, replica, row = served.row] { load(replica, row); });
  if (!posted) move(served, *replica, ReplicaState::FAILED, posted.error().message);
}

// Moves a replica on its way on; false when it is no longer wanted, and then it is stopped.
bool Serving::State::advance(const std::shared_ptr<Replicated>& replica, ReplicaState to) {
  std::lock_guard lock(mutex);
  auto found = deployments.find(replica->deployment);
  if (stopped || found == deployments.end()) return false;
  Served& served = found->second;
  if (!replica->unwanted) {
    move(served, *replica, to);
    return true;
  }
  move(served, *replica, ReplicaState::STOPPED);
  auto at = served.replicas.find(replica->revision.id);
  if (at != served.replicas.end() && at->second == replica) served.replicas.erase(at);
  bell->ring();
  return false;
}

void Serving::State::load(const std::shared_ptr<Replicated>& replica, const Deployment& row) {
  auto begun = std::chrono::steady_clock::now();
  if (!advance(replica, ReplicaState::FETCHING)) return;
  auto target = make_target(replica, row);
  if (target && !*target) return;  // no longer wanted
  if (target) {
    if (!advance(replica, ReplicaState::WARMING)) return;
    replica->run_time_ns = warm_up(*(*target)->runtime).count();
    replica->longest_learned_ns = std::max<std::int64_t>(5 * settings.run_in_place_us * 1000, 1000);
  }
  double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  loads_done.with({target ? "loaded" : "failed"}).add();
  std::unique_ptr<const Target> unused;  // destroyed without the lock
  {
    std::lock_guard lock(mutex);
    auto found = deployments.find(replica->deployment);
    if (found == deployments.end()) {
      if (target) unused = std::move(*target);
      return;
    }
    Served& served = found->second;
    replica->load_ms = load_ms;
    if (!target) {
      move(served, *replica, ReplicaState::FAILED, reason_of(target.error()));
    } else if (replica->unwanted) {
      move(served, *replica, ReplicaState::STOPPED);
      served.replicas.erase(replica->revision.id);
      unused = std::move(*target);
    } else {
      replica->memory_bytes = static_cast<std::int64_t>((*target)->runtime->memory().bytes);
      memory.with({served.metrics->name}).set(static_cast<double>(replica->memory_bytes));
      replica->series->loaded(replica->memory_bytes);
      replica->queue = std::make_shared<Queue>(*compute, (*target)->batching, settings.queue_limit,
                                               static_cast<std::int64_t>(compute->threads()));
      replica->target = std::move(*target);
      replica->open();
      move(served, *replica, ReplicaState::READY);
    }
  }
  bell->ring();
}

// An empty pointer: the replica is no longer wanted.
Result<std::unique_ptr<Target>> Serving::State::make_target(const std::shared_ptr<Replicated>& replica,
                                                            const Deployment& row) {
  access::Call call = system_call();
  const Revision& revision = replica->revision;
  auto model = SOUK_TRY(registry.get_model(call, access::Role::READER, row.model_id));
  auto version = SOUK_TRY(registry.get_version(model, std::to_string(revision.version)));
  if (version.sealed_digest != revision.digest) {
    return failed_precondition("version " + std::to_string(revision.version) + " is no longer what was deployed (" +
                               revision.digest.string() + ")");
  }
  auto loader = std::find_if(loaders.begin(), loaders.end(), [&](auto* l) { return l->name() == version.runtime; });
  if (loader == loaders.end()) {
    return failed_precondition("this server has no runtime \"" + version.runtime + "\" for version " +
                               std::to_string(revision.version));
  }
  auto repository = SOUK_TRY(registry.repository(call, access::Role::READER, row.model_namespace, row.model));
  auto local = std::make_shared<registry::LocalFiles>();
  SOUK_TRY(local->open(artifacts, repository, SOUK_TRY(registry.version_files(model, version))));

  if (!advance(replica, ReplicaState::LOADING)) return std::unique_ptr<Target>();
  auto target = std::make_unique<Target>();
  target->runtime = SOUK_TRY((*loader)->load(local->files()));
  target->platform = std::string((*loader)->platform());
  target->namespace_ = row.namespace_;
  target->slug = row.slug;
  target->revision = revision.number;
  target->model_namespace = row.model_namespace;
  target->model = row.model;
  target->version = revision.version;
  target->version_name = version.name;
  target->digest = revision.digest.string();
  target->signature = target->runtime->signature();
  if (version.signature) {
    auto sealed = json::read<registry::Signature>(version.signature->text, json::UnknownFields::ignore);
    if (sealed) take_declared(*sealed, target->signature);
  }
  target->task = target->signature.task;
  target->batching = SOUK_TRY(batching_of(version.declaration, target->signature));
  if (version.declaration) target->declaration = std::make_shared<const json::Raw>(*version.declaration);
  target->files = std::shared_ptr<const std::vector<registry::VersionFile>>(local, &local->files());
  return target;
}

}  // namespace souk::serving
