// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/exporter.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "net/client.h"
#include "net/otlp/encode.h"

namespace souk::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostWaiting = 8192;
constexpr std::size_t kBatch = 256;
constexpr std::chrono::seconds kGather{1};
constexpr std::chrono::seconds kTimeout{10};
constexpr std::chrono::seconds kLastWord{2};
constexpr int kAttempts = 4;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// OTLP/HTTP, "Retryable Response Codes"; no answer at all is worth another attempt too.
bool worth_another(const Result<ClientResponse>& answer) {
  if (!answer) return true;
  return answer->status == 429 || answer->status == 502 || answer->status == 503 || answer->status == 504;
}

}  // namespace

void declare(settings::Table& table, TraceSettings& s) {
  table.add("traces.endpoint", s.endpoint,
            {.help = "Where traces go: the URL of an OpenTelemetry collector's OTLP/HTTP receiver, such as "
                     "http://127.0.0.1:4318/v1/traces; empty: nothing is traced"});
  table.add("traces.header", s.header,
            {.help = "A header for the collector, such as \"Authorization: Bearer KEY\"", .secret = true});
  table.add(
      "traces.ratio", s.ratio,
      {.help = "The share of requests that is traced; a caller's traceparent decides for its own", .min = 0, .max = 1});
}

struct TraceExporter::State {
  State(TraceSettings s, std::vector<Attribute> of_service, Logger& l, Metrics& metrics)
      : settings(std::move(s)),
        service(std::move(of_service)),
        log(l),
        sent(metrics.counter("souk_traces_sent_total", "Traces that the collector took.").with()),
        dropped(
            metrics.counter("souk_traces_dropped_total", "Traces that the collector did not take in time.").with()) {
    service.insert(service.begin(), {"service.name", std::string("souk")});
    request.method = "POST";
    request.url = settings.endpoint;
    request.headers = {{"Content-Type", "application/json"}};
    if (const std::size_t colon = settings.header.find(':'); colon != std::string::npos) {
      std::size_t value = settings.header.find_first_not_of(' ', colon + 1);
      request.headers.push_back({settings.header.substr(0, colon),
                                 value == std::string::npos ? std::string() : settings.header.substr(value)});
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      // What comes within a second goes together.
      changed.wait_for(lock, kGather, [this] { return stopping || waiting.size() >= kBatch; });
      if (waiting.empty()) return;
      std::vector<EndedTrace> batch;
      while (!waiting.empty() && batch.size() < kBatch) {
        batch.push_back(std::move(waiting.front()));
        waiting.pop_front();
      }
      lock.unlock();
      send(batch);
      lock.lock();
      if (stopping && Clock::now() >= last_word) {
        dropped.add(waiting.size());
        return;
      }
    }
  }

  void send(const std::vector<EndedTrace>& batch) {
    request.body = encode_traces(batch, service, Clock::now(), std::chrono::system_clock::now());
    for (int attempt = 1;; ++attempt) {
      request.timeout = stopping_now() ? kLastWord : kTimeout;
      const Result<ClientResponse> answer = client.send(request);
      if (answer && answer->status < 300) {
        failing = false;
        return sent.add(batch.size());
      }
      const std::string why = answer ? "HTTP " + std::to_string(answer->status) : answer.error().message;
      if (!std::exchange(failing, true)) {
        log.warn("net", "the collector does not take traces", {{"endpoint", settings.endpoint}, {"why", why}});
      }
      if (attempt == kAttempts || !worth_another(answer) || !rest(attempt)) return dropped.add(batch.size());
    }
  }

  // Waits longer each time; false: the server stops.
  bool rest(int attempt) {
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, std::chrono::milliseconds(250 << attempt), [this] { return stopping; });
  }
  bool stopping_now() {
    std::lock_guard lock(mutex);
    return stopping;
  }

  const TraceSettings settings;
  std::vector<Attribute> service;
  Logger& log;
  Counter& sent;
  Counter& dropped;
  Client client;
  ClientRequest request;
  bool failing = false;  // and it was said

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<EndedTrace> waiting;
  bool stopping = false;
  Clock::time_point last_word = Clock::time_point::max();
  std::thread thread;
};

TraceExporter::TraceExporter(TraceSettings settings, std::vector<Attribute> service, Logger& log, Metrics& metrics) {
  if (settings.endpoint.empty()) return;
  state_ = std::make_unique<State>(std::move(settings), std::move(service), log, metrics);
  state_->thread = std::thread([this] { state_->run(); });
}

TraceExporter::~TraceExporter() {
  if (!state_) return;
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->last_word = Clock::now() + kLastWord;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

std::shared_ptr<Trace> TraceExporter::begin(std::string_view trace_id, std::string_view traceparent) {
  if (!state_) return nullptr;
  // version "-" trace-id "-" parent-id "-" flags; the dispatcher took the trace id from it when all was well with that.
  const bool valid = traceparent.size() >= 55 && traceparent.substr(3, 32) == trace_id &&
                     is_hex(traceparent.substr(36, 16)) && is_hex(traceparent.substr(53, 2));
  if (valid) {
    const char flags = traceparent[54];
    const int low = flags <= '9' ? flags - '0' : flags - 'a' + 10;
    if ((low & 1) == 0) return nullptr;
    return std::make_shared<Trace>(std::string(trace_id), std::string(traceparent.substr(36, 16)));
  }
  thread_local std::minstd_rand source{std::random_device{}()};
  if (state_->settings.ratio < 1 && std::uniform_real_distribution<>(0, 1)(source) >= state_->settings.ratio) {
    return nullptr;
  }
  return std::make_shared<Trace>(std::string(trace_id), "");
}

void TraceExporter::end(std::shared_ptr<Trace> trace, RequestSpan request) {
  std::size_t now_waiting = 0;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= kMostWaiting) return state_->dropped.add();
    state_->waiting.push_back({std::move(trace), std::move(request)});
    now_waiting = state_->waiting.size();
  }
  if (now_waiting == 1 || now_waiting == kBatch) state_->changed.notify_all();
}

}  // namespace souk::net
