// SPDX-License-Identifier: Apache-2.0
//
// What there are figures of, who may know them, and how each is measured.
#pragma once

#include <functional>
#include <vector>

#include "api/native/figures/sampler.h"
#include "api/native/native.h"
#include "api/native/server/care.h"
#include "base/metrics.h"

namespace souk::api::native {

// What is known above this room, or beside it.
struct FigureSources {
  const Metrics& metrics;
  std::function<Status()> ready;
  std::function<Result<std::vector<BackupRecord>>()> backups;
  std::function<std::int64_t()> catalogue;  // another number whenever what is in the catalogue became another
};

struct FigureTopics {
  std::vector<Topic> topics;
  std::function<void()> begin;  // before each round of looks: they see what is then
};

// `rooms` outlives them.
FigureTopics figure_topics(const Rooms& rooms, FigureSources sources);

// What GET /api/v1/queues, schedules, nodes and leases answer.
Result<WorkFigures> work_now(const Rooms& rooms);

}  // namespace souk::api::native
