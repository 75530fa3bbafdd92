// SPDX-License-Identifier: Apache-2.0
#include "serving/settings.h"

namespace souk::serving {

void declare(settings::Table& table, ServingSettings& s) {
  table.add("serving.loads", s.loads, {.help = "Models loaded at a time", .min = 1, .max = 64});
  table.add(
      "serving.compute_threads", s.compute_threads,
      {.help = "Threads that run models too slow for a connection's thread; 0: one a core", .min = 0, .max = 1024});
  table.add("serving.sessions", s.sessions,
            {.help = "Copies of each model, over which requests that run at the same time spread, where neither its "
                     "version nor its deployment says; 0: one",
             .min = 0,
             .max = 64});
  table.add(
      "serving.threads", s.threads,
      {.help = "Threads that one run of a model takes, where neither its version nor its deployment says; 0: one, "
               "or all of the cores where a measurement at its load says that this is better",
       .min = 0,
       .max = 256});
  table.add("serving.run_in_place_us", s.run_in_place_us,
            {.help = "A model at most this slow (microseconds, measured) runs on the connection's thread",
             .min = 0,
             .max = 1e6});
  table.add(
      "serving.join_within_us", s.join_within_us,
      {.help = "A connection's thread joins requests into batches when one comes this soon (microseconds) after it "
               "ran another; 0: never",
       .min = 0,
       .max = 1e9});
  table.add(
      "serving.queue_limit", s.queue_limit,
      {.help = "Requests of one deployment that may wait for a thread; more are answered 503", .min = 1, .max = 1e6});
  table.add(
      "serving.queue_wait", s.queue_wait,
      {.help = "When requests of one deployment wait longer for a thread, fewer are let in and more answered 503, "
               "until they do not; 0: only serving.queue_limit bounds them",
       .min = 0,
       .max = 3'600'000});
  table.add(
      "serving.memory_budget", s.memory_budget,
      {.help = "Memory that the models loaded on this node may take, as measured: what is idle longest is unloaded "
               "when another needs room. 0: 70 % of the machine's memory or of the control group's limit",
       .min = 0,
       .max = 1ll << 50});
  table.add("serving.drain_timeout", s.drain_timeout,
            {.help = "How long a replaced revision may finish its requests before that is logged as an error",
             .min = 0,
             .max = 3'600'000});
  table.add("serving.rollout_window", s.rollout_window,
            {.help = "How often the figures of a roll-out are written down and judged", .min = 50, .max = 60'000});
  table.add("serving.metrics_allow", s.metrics_allow,
            {.help = "Addresses besides the public internet that roll-outs may read metrics from, as 10.1.0.0/16"});
  table.add("serving.request_timeout", s.request_timeout,
            {.help = "A request that has not begun to run by then is dropped", .min = 1, .max = 3'600'000});
}

}  // namespace souk::serving
