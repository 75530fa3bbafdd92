// SPDX-License-Identifier: Apache-2.0
//
// Instill's door: /v1alpha, what model-backend's public service answers. Messages: model_public_service.proto,
// model.proto; JSON with the messages' own field names; both spellings (task_inputs, taskInputs) are taken. Errors are
// google.rpc.Status.
//
// A model is a registered model; its versions are the sealed ones, by name; it answers through its default
// deployment. Unknown fields are ignored, as gRPC's gateway does.
#pragma once

#include "access/access.h"
#include "api/route.h"
#include "registry/registry.h"
#include "serving/serving.h"
#include "tasks/runs/model_runs.h"

namespace souk::api::instill {

struct Rooms {
  access::Access& access;
  registry::Registry& registry;
  serving::Serving& serving;
  tasks::ModelRuns& runs;
};

// google.rpc.Status with the gateway's HTTP status.
net::Response rpc_status(const Error& error, const access::Call& call);

// `rooms` must outlive the table.
void add_routes(RouteTable& table, const Rooms& rooms);

void add_models(RouteTable::Door& door, const Rooms& rooms);
void add_definitions(RouteTable::Door& door);
void add_changes(RouteTable::Door& door, const Rooms& rooms);
void add_operations(RouteTable::Door& door, const Rooms& rooms);
void add_runs(RouteTable::Door& door, const Rooms& rooms);
void add_trigger(RouteTable::Door& door, const Rooms& rooms);

}  // namespace souk::api::instill
