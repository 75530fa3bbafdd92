// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/exporter.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>

#include "net/client/client.h"
#include "net/fields.h"
#include "net/otlp/encode.h"

namespace souk::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 512;
constexpr std::chrono::seconds kGather{1};
constexpr std::chrono::seconds kTimeout{10};
constexpr std::chrono::seconds kLastWord{2};
constexpr std::chrono::seconds kLongestRest{30};
constexpr int kAttempts = 4;
constexpr std::size_t kLongestState = 512;  // Trace Context, 3.3.1.5: at least so much is passed on
constexpr std::string_view kPath = "/v1/traces";

// OTLP/HTTP, "Retryable Response Codes"; no answer at all is worth another attempt too.
bool worth_another(const Result<ClientResponse>& answer) {
  if (!answer) return true;
  return answer->status == 429 || answer->status == 502 || answer->status == 503 || answer->status == 504;
}

Error bad_endpoint(const std::string& endpoint) {
  return invalid_argument("is \"" + endpoint + "\", not a URL of HTTP")
      .at("traces.endpoint")
      .advise("for example http://127.0.0.1:4318");
}

// The path of a collector's receiver follows where a URL has none.
Result<std::string> url_of(const std::string& endpoint) {
  const std::size_t scheme = endpoint.find("://");
  const bool http = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  if (!http || endpoint.size() == scheme + 3) return bad_endpoint(endpoint);
  const std::size_t path = endpoint.find('/', scheme + 3);
  if (path == std::string::npos) return endpoint + std::string(kPath);
  if (path + 1 == endpoint.size()) return endpoint.substr(0, path) + std::string(kPath);
  return endpoint;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// A value is never repeated: it may be a key.
Result<Header> header_of(std::string_view text, char between, const std::string& where) {
  const std::size_t at = text.find(between);
  const std::string name = trimmed(text.substr(0, at));
  const std::string value = at == std::string_view::npos ? "" : trimmed(text.substr(at + 1));
  if (at == std::string_view::npos || !is_token(name) || !is_field_value(value)) {
    return invalid_argument("holds what is no header")
        .at(where)
        .advise(std::string("write ") + (between == '=' ? "Authorization=Bearer KEY" : "Authorization: Bearer KEY"));
  }
  return Header{name, value};
}

Result<std::vector<Header>> headers_of(const TraceSettings& settings) {
  std::vector<Header> headers;
  for (const std::string& one : settings.headers) headers.push_back(SOUK_TRY(header_of(one, '=', "traces.headers")));
  if (settings.headers_file.empty()) return headers;
  std::ifstream file(settings.headers_file);
  if (!file) return invalid_argument(settings.headers_file + " cannot be read").at("traces.headers_file");
  for (std::string line; std::getline(file, line);) {
    if (trimmed(line).empty()) continue;
    headers.push_back(SOUK_TRY(header_of(line, ':', "traces.headers_file")));
  }
  return headers;
}

// So that all nodes, and all services that decide likewise, take the same traces.
double place_of(std::string_view trace_id) {
  std::uint64_t bits = 0;
  const std::string_view low = trace_id.substr(trace_id.size() - 13);  // 52 bits: as many as a double holds
  std::from_chars(low.data(), low.data() + low.size(), bits, 16);
  return static_cast<double>(bits) / static_cast<double>(1ull << 52);
}

}  // namespace

void declare(settings::Table& table, TraceSettings& s) {
  table.add("traces.endpoint", s.endpoint,
            {.help = "Where traces go: an OpenTelemetry collector's OTLP/HTTP receiver, such as http://127.0.0.1:4318 "
                     "(/v1/traces follows where the URL has no path); empty: nothing is traced"});
  table.add("traces.ratio", s.ratio,
            {.help = "Share of the requests that is traced; where a caller's traceparent says whether its request is "
                     "sampled, that decides",
             .min = 0,
             .max = 1});
  table.add("traces.headers", s.headers,
            {.help = "Headers for the collector, as Authorization=Bearer KEY", .secret = true});
  table.add("traces.headers_file", s.headers_file,
            {.help = "A file of such headers, \"Authorization: Bearer KEY\", one a line; read before each request"});
  table.add("traces.ca_file", s.ca_file,
            {.help = "Certificates that the collector's is checked by; empty: the system's"});
  table.add("traces.queue", s.queue,
            {.help = "Spans that may wait to be sent; more are dropped and counted", .min = 1, .max = 1e6});
}

struct TraceExporter::State {
  State(TraceSettings s, std::string url, std::vector<Attribute> of_service, Logger& l, Metrics& metrics)
      : settings(std::move(s)),
        service(std::move(of_service)),
        log(l),
        sent(metrics.counter("souk_net_spans_sent_total", "Spans that the collector of traces took.").with()),
        dropped(metrics
                    .counter("souk_net_spans_dropped_total",
                             "Spans that the collector of traces refused, or did not take in time.")
                    .with()),
        client({.ca_file = settings.ca_file}) {
    service.insert(service.begin(), {"service.name", std::string("souk")});
    request.method = "POST";
    request.url = std::move(url);
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      // What comes within a second goes together.
      changed.wait_for(lock, kGather, [this] { return stopping || waiting.size() >= kBatch; });
      if (waiting.empty()) return;
      const std::size_t count = std::min(waiting.size(), kBatch);
      std::vector<Span> batch(std::make_move_iterator(waiting.begin()),
                              std::make_move_iterator(waiting.begin() + static_cast<std::ptrdiff_t>(count)));
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
      lock.unlock();
      send(batch);
      lock.lock();
      if (stopping && Clock::now() >= last_word) {
        dropped.add(waiting.size());
        return;
      }
    }
  }

  void send(const std::vector<Span>& batch) {
    auto headers = headers_of(settings);
    if (!headers) {
      say(headers.error().describe());
      return dropped.add(batch.size());
    }
    request.headers = std::move(*headers);
    request.headers.push_back({"Content-Type", "application/x-protobuf"});
    request.body = encode_spans(batch, service);
    for (int attempt = 1;; ++attempt) {
      request.timeout = stopping_now() ? kLastWord : kTimeout;
      const Result<ClientResponse> answer = client.send(request);
      if (answer && answer->status >= 200 && answer->status < 300) return taken(*answer, batch.size());
      say(answer ? "HTTP " + std::to_string(answer->status) : answer.error().message);
      if (attempt == kAttempts || !worth_another(answer) || !rest(attempt, answer)) return dropped.add(batch.size());
    }
  }

  void taken(const ClientResponse& answer, std::size_t count) {
    const Refused refused = refused_of(answer.body);
    const auto not_wanted =
        static_cast<std::size_t>(std::clamp<std::int64_t>(refused.spans, 0, static_cast<std::int64_t>(count)));
    sent.add(count - not_wanted);
    dropped.add(not_wanted);
    if (not_wanted > 0) return say("it refuses spans: " + refused.why);
    failing = false;
  }

  // Once, until all is well again.
  void say(const std::string& why) {
    if (std::exchange(failing, true)) return;
    log.warn("net", "the collector does not take traces",
             {{"endpoint", settings::mask_url(request.url)}, {"why", why}});
  }

  // Waits longer each time, or as long as the collector asks; false: the server stops.
  bool rest(int attempt, const Result<ClientResponse>& answer) {
    std::chrono::milliseconds time(250 << attempt);
    std::int64_t seconds = 0;
    const std::string asked(answer ? answer->header("Retry-After") : "");
    std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
    time = std::min<std::chrono::milliseconds>(
        std::max<std::chrono::milliseconds>(time, std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 60))),
        kLongestRest);
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, time, [this] { return stopping; });
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
  std::deque<Span> waiting;
  bool stopping = false;
  Clock::time_point last_word = Clock::time_point::max();
  std::thread thread;
};

Result<std::unique_ptr<TraceExporter>> TraceExporter::open(TraceSettings settings, std::vector<Attribute> service,
                                                           Logger& log, Metrics& metrics) {
  if (settings.endpoint.empty()) return std::unique_ptr<TraceExporter>();
  std::string url = SOUK_TRY(url_of(settings.endpoint));
  SOUK_TRY(headers_of(settings));
  auto state = std::make_unique<State>(std::move(settings), std::move(url), std::move(service), log, metrics);
  return std::unique_ptr<TraceExporter>(new TraceExporter(std::move(state)));
}

TraceExporter::TraceExporter(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([this] { state_->run(); });
}

TraceExporter::~TraceExporter() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->last_word = Clock::now() + kLastWord;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

TracePtr TraceExporter::begin(const std::string& trace_id, const std::optional<TraceParent>& parent,
                              std::string_view state) {
  if (parent ? !parent->sampled : place_of(trace_id) >= state_->settings.ratio) return nullptr;
  const bool passed_on = parent && state.size() <= kLongestState;
  return std::make_shared<const Trace>(trace_id, parent ? parent->span : 0, std::string(passed_on ? state : ""), *this);
}

void TraceExporter::take(Span span) {
  std::size_t now_waiting = 0;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() < static_cast<std::size_t>(state_->settings.queue)) {
      state_->waiting.push_back(std::move(span));
      now_waiting = state_->waiting.size();
    }
  }
  if (now_waiting == 0) return state_->dropped.add();
  if (now_waiting == 1 || now_waiting == kBatch) state_->changed.notify_all();
}

}  // namespace souk::net
