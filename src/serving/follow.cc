// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/rollout_rows.h"
#include "serving/state.h"

namespace souk::serving {

// Rolls every deployment that follows to where its alias points now. On the reconciler's thread. Where several
// nodes do it at once, the second finds it done.
void Serving::State::follow() {
  std::vector<Deployment> following;
  {
    std::lock_guard lock(mutex);
    for (const auto& [id, served] : deployments) {
      if (served.row.follow && served.runs()) following.push_back(served.row);
    }
  }
  for (const Deployment& row : following) {
    std::string problem;
    if (Status rolled = roll(row, problem); !rolled) {
      problem = "cannot follow " + row.reference + ": " + rolled.error().describe();
    }
    std::lock_guard lock(mutex);
    auto found = deployments.find(row.id);
    if (found == deployments.end() || found->second.follow_problem == problem) continue;
    found->second.follow_problem = problem;
    if (!problem.empty()) log.warn("serving", problem, {{"deployment", row.namespace_ + "/" + row.slug}});
  }
}

// `problem`: where the alias points cannot be deployed; what answers stays.
Status Serving::State::roll(const Deployment& followed, std::string& problem) {
  access::Call call = system_call();
  auto reference = SOUK_TRY(registry::Reference::parse(followed.reference));
  auto model = SOUK_TRY(registry.get_model(call, access::Role::READER, followed.model_id));
  auto version = deployable(model, reference);
  if (!version && version.error().code == Code::failed_precondition) {
    problem = followed.reference + " has moved on, but " + version.error().message;
    return {};
  }
  if (!version) return version.error();
  {
    std::lock_guard lock(mutex);
    auto found = deployments.find(followed.id);
    if (found == deployments.end()) return {};
    // While another one rolls out, the way back to the wanted one is a change too.
    if (found->second.arms.empty() && found->second.wanted.version_id == version->id) return {};
  }
  return store.write([&](store::Tx& tx) -> Status {
    auto row = SOUK_TRY(find_deployment(tx, followed.id));
    if (!row || !row->follow || row->reference != followed.reference) return {};
    // What was taken back is not tried again until somebody says so, or the alias moves on.
    const auto last = SOUK_TRY(find_rollout(tx, followed.id, 0));
    if (last && (last->state == RolloutState::ROLLED_BACK || last->state == RolloutState::ABORTED)) {
      const auto revision = SOUK_TRY(find_revision(tx, last->revision_id));
      if (revision && revision->version_id == version->id) {
        problem = followed.reference + " points at version " + std::to_string(version->number) +
                  ", which was taken back: " + last->reason;
        return {};
      }
    }
    problem.clear();
    return change(tx, call, *row, {.version = &*version});
  });
}

}  // namespace souk::serving
