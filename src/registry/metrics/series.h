// SPDX-License-Identifier: Apache-2.0
//
// The rows of metric histories. Inside the room only.
#pragma once

#include <string>
#include <vector>

#include "registry/metrics/chunk.h"
#include "registry/state.h"

namespace souk::registry {

struct ChunkRow {
  std::int64_t first = 0;
  std::int64_t points = 0;
  std::int64_t level = 0;
  store::Blob data;
};
BOOST_DESCRIBE_STRUCT(ChunkRow, (), (first, points, level, data))

// Adds points to the run's metric, in the order they are given; merges chunks where there are many small ones.
Status append_points(store::Tx& tx, RunId run, std::string_view name, const std::vector<MetricPoint>& points);

}  // namespace souk::registry
