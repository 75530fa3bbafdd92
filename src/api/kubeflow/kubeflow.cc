// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/kubeflow.h"

#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {

void add_routes(RouteTable& table, const Rooms& rooms) {
  Paths door(table.door("kubeflow", &error_response, {std::string(kPrefixes[0]), std::string(kPrefixes[1])}));
  add_models(door, rooms);
  add_versions(door, rooms);
  add_artifacts(door, rooms);
  add_experiments(door, rooms);
  add_runs(door, rooms);
  add_metric_history(door, rooms);
  add_environments(door, rooms);
  add_services(door, rooms);
}

}  // namespace souk::api::kubeflow
