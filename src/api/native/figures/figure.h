// SPDX-License-Identifier: Apache-2.0
//
// What is told of what is measured. Only one of `health`, `deployment`, `work`, `mark` and `error` is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/time.h"
#include "work/work.h"

namespace souk::api::native {

// Of this node, since it started.
struct HealthFigures {
  bool ready = false;
  std::optional<std::string> reason;  // why it is not ready
  std::int64_t requests = 0;          // at all doors
  std::int64_t failed = 0;            // answered 5xx
  std::int64_t refused = 0;           // answered 4xx
  std::int64_t inferences = 0;
  std::int64_t connections = 0;
  std::int64_t watchers = 0;  // of events
  std::int64_t memory_bytes = 0;
  std::optional<std::int64_t> disk_free_bytes;
  std::int64_t open_files = 0, max_files = 0;
  double database_silence_seconds = 0;
  std::int64_t memory_budget_bytes = 0, memory_held_bytes = 0;  // of loaded models
};
BOOST_DESCRIBE_STRUCT(HealthFigures, (),
                      (ready, reason, requests, failed, refused, inferences, connections, watchers, memory_bytes,
                       disk_free_bytes, open_files, max_files, database_silence_seconds, memory_budget_bytes,
                       memory_held_bytes))

struct LatencyBucket {
  std::optional<double> le;  // seconds; absent: all that took longer too
  std::int64_t count = 0;    // that took at most so long
};
BOOST_DESCRIBE_STRUCT(LatencyBucket, (), (le, count))
struct SumOf {
  double sum = 0;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(SumOf, (), (sum, count))
struct RevisionRequests {
  std::string revision;
  std::int64_t requests = 0;
};
BOOST_DESCRIBE_STRUCT(RevisionRequests, (), (revision, requests))

// Of a deployment on this node, since the node started.
struct DeploymentFigures {
  std::int64_t requests = 0, errors = 0;
  std::int64_t memory_bytes = 0;
  std::vector<LatencyBucket> latency;
  std::optional<SumOf> queue_seconds;  // waited before the model ran
  std::optional<SumOf> batch_rows;     // that the model ran over together
  std::vector<RevisionRequests> revisions;
};
BOOST_DESCRIBE_STRUCT(DeploymentFigures, (),
                      (requests, errors, memory_bytes, latency, queue_seconds, batch_rows, revisions))

struct Lease {
  std::string name;
  std::optional<std::string> node;  // absent: nobody has it
  std::int64_t token = 0;
  Time take_time;
};
BOOST_DESCRIBE_STRUCT(Lease, (), (name, node, token, take_time))
struct WorkSchedule {
  std::string name, cron, zone, queue;
  Time next_time;
  std::optional<Time> last_time;
};
BOOST_DESCRIBE_STRUCT(WorkSchedule, (), (name, cron, zone, queue, next_time, last_time))
struct WorkFigures {
  std::vector<work::QueueStatus> queues;
  std::vector<WorkSchedule> schedules;
  std::vector<work::Node> nodes;
  std::vector<Lease> leases;
};
BOOST_DESCRIBE_STRUCT(WorkFigures, (), (queues, schedules, nodes, leases))

struct FigureProblem {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(FigureProblem, (), (code, message))

struct Figure {
  std::string of;  // "work", "deployment:default/digits"
  Time time;
  std::optional<Time> since;  // of a series: when it was measured before; until then it was what was told last
  std::optional<HealthFigures> health;
  std::optional<DeploymentFigures> deployment;
  std::optional<WorkFigures> work;
  std::optional<std::string> mark;  // another one when what a list shows became another: read that again
  std::optional<FigureProblem> error;
};
BOOST_DESCRIBE_STRUCT(Figure, (), (of, time, since, health, deployment, work, mark, error))

}  // namespace souk::api::native
