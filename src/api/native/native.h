// SPDX-License-Identifier: Apache-2.0
//
// The native door: /api/v1. It translates; the rooms below hold every rule.
// One file a noun; shapes.h has the JSON objects, which are also the OpenAPI document's schemas.
#pragma once

#include <string>

#include "access/access.h"
#include "access/audit/audit.h"
#include "access/people/people.h"
#include "access/sessions/sessions.h"
#include "api/route.h"
#include "artifacts/artifacts.h"
#include "artifacts/moves/moves.h"
#include "artifacts/part_uploads.h"
#include "events/log.h"
#include "registry/imports/imports.h"
#include "registry/lineage/lineage.h"
#include "registry/metrics/run_log.h"
#include "registry/records/records.h"
#include "registry/registry.h"
#include "registry/search/search.h"
#include "serving/rollouts/rollouts.h"
#include "serving/serving.h"
#include "tasks/runs/model_runs.h"
#include "webhooks/webhooks.h"
#include "work/leases.h"
#include "work/work.h"

namespace souk::registry {
class Compare;
class Exchange;
}  // namespace souk::registry

namespace souk::api::native {

class Sampler;

// The page on which a one-time link sets a password; the token follows.
inline constexpr std::string_view kSetUpPage = "/set-up#";

struct ServerFacts {
  std::string version;
  bool dev = false;
  std::string node;
  Time start_time;
  std::string database;              // "sqlite", "postgresql"
  Duration upload_life{86'400'000};  // since an upload was last touched
};

struct Rooms {
  access::Access& access;
  access::People& people;
  access::Sessions& sessions;
  access::Audit& audit;
  registry::Registry& registry;
  artifacts::Artifacts& artifacts;
  serving::Serving& serving;
  serving::Rollouts& rollouts;
  events::Log& events;
  work::Work& work;
  work::Nodes& nodes;
  work::Leases& leases;
  artifacts::PartUploads& uploads;
  artifacts::Moves& moves;
  registry::Imports& imports;
  webhooks::Webhooks& webhooks;
  registry::Search& search;
  tasks::ModelRuns& model_runs;
  ServerFacts facts;
  registry::Records<registry::Experiment> experiments{registry};
  registry::Records<registry::ExperimentRun> runs{registry};
  registry::Records<registry::Artifact> records{registry};
  registry::RunLog run_log{registry};
  registry::Lineage lineage{registry};
  registry::Compare* compare = nullptr;
  registry::Exchange* exchange = nullptr;
  Sampler* sampler = nullptr;
};

// `rooms` must outlive the table.
void add_routes(RouteTable& table, const Rooms& rooms);

}  // namespace souk::api::native
