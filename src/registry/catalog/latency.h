// SPDX-License-Identifier: Apache-2.0
//
// What a model costs and how fast it answers, of its performance measurements: replicas for a wanted rate, and those
// measurements that none beats in both cost and latency on the same kind of hardware.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/catalog/model.h"

namespace souk::registry {

struct LatencyQuery {
  bool recommendations = false;
  std::optional<std::int64_t> target_rps;
  std::string latency = "ttft_p90", rps = "requests_per_second", hardware_count = "hardware_count",
              hardware_type = "hardware_type";
};

// With `replicas` and `total_requests_per_second` where a rate is wanted and known.
CatalogArtifact with_replicas(const CatalogArtifact& artifact, const LatencyQuery& query);
// The indices of those that none of the same hardware beats; those that do not say latency and cost are none.
std::vector<std::size_t> recommended(const std::vector<const CatalogArtifact*>& artifacts, const LatencyQuery& query);
// The least latency of a model's recommended measurements.
std::optional<double> least_latency(const CatalogModel& model, const LatencyQuery& query);

}  // namespace souk::registry
