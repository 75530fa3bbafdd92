// SPDX-License-Identifier: Apache-2.0
#include "api/native/figures/exposition.h"

#include <gtest/gtest.h>

#include "base/metrics.h"

namespace souk::api::native {
namespace {

TEST(ExpositionTest, SumsTheServerOverDoors) {
  Metrics metrics;
  auto requests = metrics.counter("souk_api_requests_total", "Requests \"answered\".", {"door", "status"});
  requests.with({"native", "2xx"}).add(10);
  requests.with({"oci", "4xx"}).add(3);
  requests.with({"oci", "5xx"}).add(2);
  metrics.counter("souk_api_requests_total_of_another_name", "x").with().add(100);
  metrics.gauge("process_open_fds", "x").with().set(50);
  metrics.gauge("process_max_fds", "x").with().set(1e6);
  metrics.gauge("souk_app_database_silence_seconds", "x").with().set(0.5);
  auto free = metrics.gauge("souk_app_disk_free_bytes", "x", {"folder"});
  free.with({"/data"}).set(2e12);
  free.with({"/with \"quotes\" and } braces"}).set(7e9);

  const HealthFigures out = health_in(metrics.render());
  EXPECT_EQ(out.requests, 15);
  EXPECT_EQ(out.refused, 3);
  EXPECT_EQ(out.failed, 2);
  EXPECT_EQ(out.open_files, 50);
  EXPECT_EQ(out.max_files, 1'000'000);
  EXPECT_EQ(out.database_silence_seconds, 0.5);
  EXPECT_EQ(out.disk_free_bytes, 7'000'000'000);
  EXPECT_EQ(out.inferences, 0);
  EXPECT_FALSE(health_in("").disk_free_bytes);
}

TEST(ExpositionTest, TellsDeploymentsApart) {
  Metrics metrics;
  auto requests = metrics.counter("souk_serving_requests_total", "x", {"deployment", "code"});
  requests.with({"default/digits", "OK"}).add(10);
  requests.with({"default/digits", "INVALID_ARGUMENT"}).add(2);
  requests.with({"default/digits-2", "OK"}).add(7);
  auto durations = metrics.histogram("souk_serving_request_duration_seconds", "x", {"deployment"});
  for (int i = 0; i < 5; ++i) durations.with({"default/digits"}).observe(0.0007);
  durations.with({"default/digits"}).observe(100);
  auto of_revisions = metrics.counter("souk_serving_revision_requests_total", "x", {"deployment", "revision", "code"});
  of_revisions.with({"default/digits", "1", "OK"}).add(8);
  of_revisions.with({"default/digits", "1", "INTERNAL"}).add(1);
  of_revisions.with({"default/digits", "2", "OK"}).add(3);
  auto queue = metrics.histogram("souk_serving_revision_queue_duration_seconds", "x", {"deployment", "revision"});
  queue.with({"default/digits", "1"}).observe(0.25);
  queue.with({"default/digits", "2"}).observe(0.5);
  auto rows = metrics.histogram("souk_serving_revision_batch_rows", "x", {"deployment", "revision"});
  rows.with({"default/digits", "1"}).observe(8);
  metrics.gauge("souk_serving_replica_memory_bytes", "x", {"deployment"}).with({"default/digits"}).set(8048640);

  const DeploymentFigures out = deployment_in(metrics.render(), "default/digits");
  EXPECT_EQ(out.requests, 12);
  EXPECT_EQ(out.errors, 2);
  EXPECT_EQ(out.memory_bytes, 8048640);
  ASSERT_EQ(out.latency.size(), latency_bounds().size() + 1);
  EXPECT_EQ(out.latency.front().le, latency_bounds()[0]);
  EXPECT_EQ(out.latency.front().count, 0);
  EXPECT_FALSE(out.latency.back().le);
  EXPECT_EQ(out.latency.back().count, 6);
  EXPECT_EQ(out.latency[4].count, 5);  // up to 1 ms
  ASSERT_EQ(out.revisions.size(), 2u);
  EXPECT_EQ(out.revisions[0].requests, 9);
  EXPECT_EQ(out.revisions[1].revision, "2");
  ASSERT_TRUE(out.queue_seconds);
  EXPECT_EQ(out.queue_seconds->sum, 0.75);
  EXPECT_EQ(out.queue_seconds->count, 2);
  ASSERT_TRUE(out.batch_rows);
  EXPECT_EQ(out.batch_rows->sum, 8);

  EXPECT_EQ(deployment_in(metrics.render(), "default/digits-2").requests, 7);
  const DeploymentFigures none = deployment_in(metrics.render(), "default/dig");
  EXPECT_EQ(none.requests, 0);
  EXPECT_TRUE(none.latency.empty());
  EXPECT_FALSE(none.queue_seconds);
}

}  // namespace
}  // namespace souk::api::native
