// SPDX-License-Identifier: Apache-2.0
//
// From a stream to a handler: names the trace, checks Host and Origin in dev, finds the route, names the
// caller once, checks that the route's permission can apply, collects the body where the form wants it, and
// runs the handler where its form says. Access log, counters and durations are kept here. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "access/access.h"
#include "api/route.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "base/settings.h"
#include "net/otlp/exporter.h"

namespace souk::api {

struct ApiSettings {
  std::int64_t request_threads = 16;
  std::int64_t request_queue = 1024;
  std::int64_t stream_threads = 64;
  bool access_log = false;
  std::chrono::milliseconds cut_off_limit{600'000};
  std::vector<std::string> origins;          // other sites whose pages may call
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-… is believed
};
void declare(settings::Table& table, ApiSettings& s);

class Dispatcher {
 public:
  // How long this node has not heard what others change (events::Log::silence). Must not block.
  using Silence = std::function<Duration()>;
  // In dev only loopback Hosts and Origins are let in (DNS rebinding). `embedded`: the database is in this process.
  // `traces`: where spans of requests go; null: nowhere.
  Dispatcher(ApiSettings settings, const RouteTable& table, access::Access& access, bool dev, bool embedded,
             Logger& log, Metrics& metrics, Silence silence = {}, net::TraceExporter* traces = nullptr);
  ~Dispatcher();
  void handle(net::StreamPtr stream);
  // Waits for handlers under way.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace souk::api
