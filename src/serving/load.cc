// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/cores.h"
#include "registry/push/local_files.h"
#include "serving/batching/queue.h"
#include "serving/capacity/capacity.h"
#include "serving/capacity/concurrency.h"
#include "serving/capacity/warm.h"
#include "serving/state.h"

namespace souk::serving {

namespace {

constexpr std::chrono::milliseconds kRefusedRetry{1'000};
constexpr std::size_t kMostMeasurements = 10'000;

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

std::optional<registry::Signature> sealed_signature(const registry::ModelVersion& version) {
  if (!version.signature) return std::nullopt;
  auto sealed = json::read<registry::Signature>(version.signature->text, json::UnknownFields::ignore);
  return sealed ? std::optional(std::move(*sealed)) : std::nullopt;
}

Status describe(Target& target, const registry::ModelVersion& version, const registry::Signature& signature) {
  target.signature = signature;
  if (const auto sealed = sealed_signature(version)) take_declared(*sealed, target.signature);
  target.task = target.signature.task;
  target.batching = SOUK_TRY(batching_of(version.declaration, target.signature));
  return {};
}

}  // namespace

// One load under way.
struct Serving::State::Load {
  std::shared_ptr<Replicated> replica;
  Deployment row;
  bool known = false;  // the replica has a target, which stays
  bool again = false;  // it is UNLOADED until it has room
  registry::ModelVersion version = {};
  runtimes::Loader* loader = nullptr;
  std::shared_ptr<registry::LocalFiles> local = std::make_shared<registry::LocalFiles>();
  std::unique_ptr<Target> target = {};
  std::shared_ptr<runtimes::Runtime> runtime = {};
  std::int64_t bytes = 0;
  bool unwanted = false;
  bool refused = false;  // there is no room
};

// Under the mutex.
void Serving::State::begin(Served& served, std::shared_ptr<Replicated> replica) {
  replica->generation = served.row.generation;
  replica->unwanted = false;
  replica->loading = true;
  replica->loaded_as = served.capacity.cores();
  replica->restored = restoring && !served.capacity.pinned.value_or(false);
  replica->update_time = now();
  Load one{replica, served.row};
  one.known = replica->target != nullptr;
  one.again = replica->state == ReplicaState::UNLOADED;
  auto shared = std::make_shared<Load>(std::move(one));
  Status posted = loads->post([this, shared] { load(std::move(*shared)); });
  if (posted) return;
  replica->loading = false;
  move(served, *replica, ReplicaState::FAILED, posted.error().message);
}

// Moves a replica on its way on; false when it is no longer wanted, and then it is stopped. One that was unloaded goes
// on all the same, for requests may wait for it.
bool Serving::State::advance(const std::shared_ptr<Replicated>& replica, ReplicaState to) {
  std::lock_guard lock(mutex);
  auto found = deployments.find(replica->deployment);
  if (stopped || found == deployments.end()) return false;
  Served& served = found->second;
  if (!replica->unwanted || replica->target) {
    move(served, *replica, to);
    return true;
  }
  replica->loading = false;
  replica->held_bytes = 0;
  move(served, *replica, ReplicaState::STOPPED);
  auto at = served.replicas.find(replica->revision.id);
  if (at != served.replicas.end() && at->second == replica) served.replicas.erase(at);
  bell->ring();
  return false;
}

void Serving::State::load(Load one) {
  const auto begun = std::chrono::steady_clock::now();
  Status done = run(one);
  if (one.unwanted) {
    std::vector<Leaving> leaving;
    if (one.runtime) leaving.push_back({std::move(one.runtime), std::move(one.target), one.bytes});
    return destroy(std::move(leaving));
  }
  const double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  {
    const std::lock_guard lock(mutex);
    one.replica->load_ms = load_ms;
  }
  finish(one, std::move(done));
  bell->ring();
}

Status Serving::State::run(Load& one) {
  const auto may_go_on = [&](ReplicaState to) { return !(one.unwanted = !advance(one.replica, to)); };
  if (!one.again && !may_go_on(ReplicaState::FETCHING)) return {};
  SOUK_TRY(prepare(one));
  if (Status room = reserve(one.replica, one.version.size_bytes); !room) {
    one.refused = true;
    return room;
  }
  if (!may_go_on(ReplicaState::LOADING)) return {};
  const Meter::Ticket ticket = meter.begin(one.version.size_bytes);
  Status loaded = load_and_warm(one, ticket);
  one.bytes = meter.end(ticket);
  return loaded;
}

Status Serving::State::load_and_warm(Load& one, Meter::Ticket ticket) {
  const Target& target = one.known ? *one.replica->target : *one.target;
  bool first = true, no_room = false;
  const LoadAndWarm load = [&](runtimes::Concurrency how) -> Result<Loaded> {
    // A copy to measure on stands beside the first one for a moment.
    no_room = !first && !hold_two(*one.replica, std::max(one.version.size_bytes, meter.so_far(ticket)));
    if (no_room) return resource_exhausted("there is no room for a second copy to measure on");
    Loaded loaded{SOUK_TRY(one.loader->load(one.local->files(), how))};
    if (std::exchange(first, false)) {
      if (!one.known) SOUK_TRY(describe(*one.target, one.version, loaded.runtime->signature()));
      one.unwanted = !advance(one.replica, ReplicaState::WARMING);
    }
    if (one.unwanted) return loaded;
    const auto samples = SOUK_TRY(samples_of(target.declaration.get(), target.signature, one.local->files()));
    loaded.run_time = SOUK_TRY(warm_up(*loaded.runtime, samples));
    return loaded;
  };
  const auto declared = SOUK_TRY(declared_concurrency(target.declaration.get()));
  const auto wanted = SOUK_TRY(wanted_concurrency(capacity_of(one.row.capacity), declared, settings));
  const std::string digest = one.replica->revision.digest.string();
  std::optional<runtimes::Concurrency> known;
  {
    const std::lock_guard lock(mutex);
    if (auto found = measured.find(digest); found != measured.end()) known = found->second;
  }
  Loaded best =
      SOUK_TRY(load_measured(load, wanted, known, one.version.size_bytes, static_cast<std::int64_t>(usable_cores())));
  one.runtime = std::move(best.runtime);
  one.replica->run_time_ns = best.run_time.count();
  one.replica->longest_learned_ns = std::max<std::int64_t>(5 * settings.run_in_place_us * 1000, 1000);
  if (wanted.threads == 0 && !one.unwanted && !no_room) {
    const std::lock_guard lock(mutex);
    if (measured.size() >= kMostMeasurements) measured.clear();
    measured[digest] = one.runtime->concurrency();
  }
  return {};
}

// Puts down what became of a load, and answers who waited for it.
void Serving::State::finish(Load& one, Status done) {
  Replicated& replica = *one.replica;
  std::vector<Leaving> leaving;
  std::vector<Waiting> waited;
  std::shared_ptr<Queue> queue;
  {
    std::lock_guard lock(mutex);
    replica.loading = false;
    replica.held_bytes = 0;
    bool busy = false;
    auto found = deployments.find(replica.deployment);
    if (done && found != deployments.end()) {
      done = take_room(replica, one.bytes, leaving, busy);
      one.refused = !done;
    }
    if (!one.known && one.target) {
      replica.queue = std::make_shared<Queue>(*compute, one.target->batching, settings.queue_limit,
                                              static_cast<std::int64_t>(compute->threads()), settings.queue_wait);
    }
    loads_done.with({done ? "loaded" : one.refused ? "refused" : "failed"}).add();
    if (found == deployments.end()) {
      done = unavailable("the deployment is gone");
    } else if (Served& served = found->second; replica.unwanted && !replica.target) {
      replica.held_bytes = 0;
      move(served, replica, ReplicaState::STOPPED);
      served.replicas.erase(replica.revision.id);
      done = unavailable("the revision was replaced");
    } else if (done) {
      if (!one.known) replica.target = std::move(one.target);
      replica.runtime = std::move(one.runtime);
      set_batching(served, replica);
      replica.memory_bytes = replica.measured_bytes = one.bytes;
      replica.series->loaded(replica.memory_bytes);
      replica.ready_time = std::chrono::steady_clock::now();
      replica.open();
      move(served, replica, ReplicaState::READY);
    } else if (one.refused && (one.known || replica.restored)) {
      if (!one.known) {
        replica.target = std::move(one.target);
        set_batching(served, replica);
        replica.open(true);
      }
      if (one.bytes > 0) replica.measured_bytes = one.bytes;
      const std::string reason = reason_of(done.error());
      if (replica.state == ReplicaState::UNLOADED) {
        replica.reason = reason;
      } else {
        move(served, replica, ReplicaState::UNLOADED, reason);
      }
      done = unavailable(served.row.resource().label + " is not in memory: " + reason).retry_in(kRefusedRetry);
    } else {
      move(served, replica, ReplicaState::FAILED, reason_of(done.error()));
      done = failed_precondition(served.row.resource().label + " could not be loaded: " + replica.reason);
    }
    waited = take_held(replica);
    queue = replica.queue;
  }
  if (one.runtime) leaving.push_back({std::move(one.runtime), std::move(one.target), one.bytes});
  destroy(std::move(leaving));
  if (done && queue) return run_held(*queue, std::move(waited));
  for (Waiting& waiting : waited) fail(std::move(waiting), done.error());
}

Status Serving::State::prepare(Load& one) {
  access::Call call = system_call();
  const Deployment& row = one.row;
  const Revision& revision = one.replica->revision;
  auto model = SOUK_TRY(registry.get_model(call, access::Role::READER, row.model_id));
  one.version = SOUK_TRY(registry.get_version(model, std::to_string(revision.version)));
  const registry::ModelVersion& version = one.version;
  if (version.sealed_digest != revision.digest) {
    return failed_precondition("version " + std::to_string(revision.version) + " is no longer what was deployed (" +
                               revision.digest.string() + ")");
  }
  auto loader = std::find_if(loaders.begin(), loaders.end(), [&](auto* l) { return l->name() == version.runtime; });
  if (loader == loaders.end()) {
    return failed_precondition("this server has no runtime \"" + version.runtime + "\" for version " +
                               std::to_string(revision.version));
  }
  one.loader = *loader;
  auto repository = SOUK_TRY(registry.repository(call, access::Role::READER, row.model_namespace, row.model));
  SOUK_TRY(one.local->open(artifacts, repository, SOUK_TRY(registry.version_files(model, version))));
  if (one.known) return {};
  one.target = std::make_unique<Target>();
  Target& target = *one.target;
  target.platform = std::string((*loader)->platform());
  target.namespace_ = row.namespace_;
  target.slug = row.slug;
  target.revision = revision.number;
  target.model_namespace = row.model_namespace;
  target.model = row.model;
  target.version = revision.version;
  target.version_name = version.name;
  target.digest = revision.digest.string();
  if (version.declaration) target.declaration = std::make_shared<const json::Raw>(*version.declaration);
  target.files = std::shared_ptr<const std::vector<registry::VersionFile>>(one.local, &one.local->files());
  return describe(target, version, sealed_signature(version).value_or(registry::Signature()));
}

}  // namespace souk::serving
