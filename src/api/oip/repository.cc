// SPDX-License-Identifier: Apache-2.0
#include "api/oip/repository.h"

#include <algorithm>

#include "api/oip/models.h"

namespace souk::api::oip {

namespace {

using serving::DeploymentState;

constexpr std::chrono::seconds kPatience{60};

struct Name {
  std::string ns, slug;
};

Name name_of(const access::Call& call, std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {call.namespace_, std::string(name)};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

IndexEntry shape(const access::Call& call, const serving::DeploymentView& view) {
  IndexEntry out;
  out.name = name_for(call, view.deployment.namespace_, view.deployment.slug);
  std::int64_t revision = view.serving_revision;
  if (revision == 0 && !view.revisions.empty()) revision = view.revisions.front().number;
  out.version = std::to_string(revision);
  out.reason = view.reason;
  switch (view.state) {
    case DeploymentState::READY:
      out.state = "READY";
      break;
    case DeploymentState::PENDING:
      out.state = view.serving_revision != 0 ? "READY" : "LOADING";
      break;
    case DeploymentState::FAILED:
      out.state = view.serving_revision != 0 ? "READY" : "UNAVAILABLE";
      break;
    case DeploymentState::STOPPED:
      out.state = "UNAVAILABLE";
      if (out.reason.empty()) out.reason = "unloaded";
      break;
  }
  return out;
}

void settle(serving::Serving& serving, const access::Call& call, const serving::DeploymentView& view,
            DeploymentState wanted, const Loaded& done) {
  auto deployment = serving.get(call, access::Role::READER, view.deployment.namespace_, view.deployment.slug);
  if (!deployment) return done(std::move(deployment.error()));
  std::string label = (*deployment)->resource().label;
  const Deadline deadline = std::min(call.deadline, std::chrono::steady_clock::now() + kPatience);
  serving.wait_settled(*deployment, deadline, [wanted, done, label](Result<serving::DeploymentView> settled) {
    if (!settled) return done(std::move(settled.error()));
    if (settled->state == wanted) return done({});
    if (settled->state == DeploymentState::FAILED) {
      return done(failed_precondition(label + " could not be loaded: " + settled->reason));
    }
    done(deadline_exceeded(label + " is still on its way").advise("ask whether it is ready"));
  });
}

}  // namespace

Result<std::vector<IndexEntry>> repository_index(serving::Serving& serving, const access::Call& call,
                                                 std::string_view ns, bool ready_only) {
  std::vector<IndexEntry> out;
  registry::ListQuery query;
  query.page_size = 1000;
  do {
    auto page = SOUK_TRY(serving.list(call, ns, query));
    for (const serving::DeploymentView& view : page.items) {
      IndexEntry entry = shape(call, view);
      if (!ready_only || entry.state == "READY") out.push_back(std::move(entry));
    }
    query.page_token = std::move(page.next_page_token);
  } while (!query.page_token.empty());
  return out;
}

void load_model(serving::Serving& serving, const access::Call& call, std::string_view name, Loaded done) {
  const Name wanted = name_of(call, name);
  auto deployment = serving.get(call, access::Role::WRITER, wanted.ns, wanted.slug);
  if (!deployment && deployment.error().code != Code::not_found) return done(std::move(deployment.error()));
  // What it follows may have moved since it was deployed: loading again takes what is there now.
  auto reference = registry::Reference::parse(deployment ? (*deployment)->reference : wanted.ns + "/" + wanted.slug);
  if (!reference) return done(std::move(reference.error()));
  access::Call in_namespace = call;
  in_namespace.namespace_ = wanted.ns;
  auto view = serving.deploy(in_namespace, {*reference, wanted.slug, deployment ? (*deployment)->follow : false});
  if (!view) return done(std::move(view.error()));
  settle(serving, call, *view, DeploymentState::READY, done);
}

void unload_model(serving::Serving& serving, const access::Call& call, std::string_view name, Loaded done) {
  const Name wanted = name_of(call, name);
  auto deployment = serving.get(call, access::Role::WRITER, wanted.ns, wanted.slug);
  if (!deployment) return done(std::move(deployment.error()));
  serving::DeploymentPatch patch;
  patch.desired_state = {json::Patch<serving::DesiredState>::State::value, serving::DesiredState::STOPPED};
  auto view = serving.update(call, *deployment, patch, std::nullopt);
  if (!view) return done(std::move(view.error()));
  settle(serving, call, *view, DeploymentState::STOPPED, done);
}

}  // namespace souk::api::oip
