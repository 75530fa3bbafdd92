// SPDX-License-Identifier: Apache-2.0
#include "net/server.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cores.h"
#include "net/http1/connection.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/server_core.h"

namespace souk::net {
namespace {

struct Worker {
  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  Traffic traffic;
  std::thread thread;

  void begin(int index, std::chrono::microseconds spin) {
    thread = std::thread([this, index, spin] {
      pthread_setname_np(pthread_self(), ("net-" + std::to_string(index)).c_str());
      // OpenSSL writes without MSG_NOSIGNAL.
      sigset_t broken_pipe;
      sigemptyset(&broken_pipe);
      sigaddset(&broken_pipe, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
      loop->run(spin);
    });
  }
};

// What the metrics read; outlives the server, since Metrics keeps what it is given.
struct Gauges {
  std::mutex mutex;
  ServerCore* core = nullptr;  // null once the server has ended
  std::vector<std::unique_ptr<Worker>>* workers = nullptr;
  Metrics::Family<Gauge> connections;
  Metrics::Family<Counter> connections_total, requests_total, refused_total, sent_bytes_total;

  explicit Gauges(Metrics& metrics)
      : connections(metrics.gauge("souk_net_connections", "Open connections.")),
        connections_total(metrics.counter("souk_net_accepted_total", "Connections accepted.")),
        requests_total(metrics.counter("souk_net_requests_total", "Requests answered, by class of status.", {"class"})),
        refused_total(metrics.counter("souk_net_refused_total",
                                      "Requests refused before a handler saw them: malformed, too large, too slow.")),
        sent_bytes_total(metrics.counter("souk_net_sent_bytes_total", "Bytes of answers taken by sockets.")) {}

  void refresh() {
    std::lock_guard lock(mutex);
    if (core == nullptr) return;
    connections.with().set(static_cast<double>(core->connections.load()));
    std::uint64_t accepted = 0, refused = 0, sent = 0;
    std::uint64_t answers[6] = {};
    for (const auto& worker : *workers) {
      accepted += worker->traffic.accepted.load(std::memory_order_relaxed);
      refused += worker->traffic.refused.load(std::memory_order_relaxed);
      sent += worker->traffic.sent_bytes.load(std::memory_order_relaxed);
      for (int i = 0; i < 6; ++i) answers[i] += worker->traffic.answers[i].load(std::memory_order_relaxed);
    }
    raise(connections_total.with(), accepted_seen, accepted);
    raise(refused_total.with(), refused_seen, refused);
    raise(sent_bytes_total.with(), sent_seen, sent);
    static constexpr const char* kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (int i = 1; i < 6; ++i) {
      if (answers[i] > 0) raise(requests_total.with({kClasses[i]}), answers_seen[i], answers[i]);
    }
  }

 private:
  static void raise(Counter& counter, std::uint64_t& seen, std::uint64_t to) {
    counter.add(to - seen);
    seen = to;
  }
  std::uint64_t accepted_seen = 0, refused_seen = 0, sent_seen = 0;
  std::uint64_t answers_seen[6] = {};
};

}  // namespace

void declare(settings::Table& table, ServerSettings& s) {
  table.add("net.threads", s.threads,
            {.help = "Event loops; 0: one a core that the process may use.", .min = 0, .max = 1024});
  table.add("net.spin_us", s.spin_us,
            {.help = "How long (microseconds) an event loop looks for more before it sleeps, while requests come that "
                     "soon one after the other: spares them the time to wake up, and costs time of the core; 0: never",
             .min = 0,
             .max = 10'000});
  table.add("net.max_connections", s.max_connections,
            {.help = "Open connections; further clients wait to be accepted.", .min = 1, .max = 1'000'000});
  table.add("net.max_streams", s.max_streams,
            {.help = "Requests under way on one HTTP/2 connection.", .min = 1, .max = 100'000});
  table.add("net.http2_window", s.http2_window,
            {.help = "What an HTTP/2 client may send before it is read: of one request, and of all of a connection.",
             .min = 64 << 10,
             .max = 1 << 30});
  table.add("net.max_head", s.max_head,
            {.help = "The largest request head, line and fields.", .min = 1 << 10, .max = 1 << 20});
  table.add("net.head_timeout", s.head_timeout,
            {.help = "From a request's first byte to the end of its head; also for a TLS handshake.",
             .min = 100,
             .max = 600'000});
  table.add("net.idle_timeout", s.idle_timeout,
            {.help = "How long a connection without a request is kept.", .min = 100, .max = 86'400'000});
  table.add("net.drain_timeout", s.drain_timeout,
            {.help = "How long a stop waits for answers under way.", .min = 0, .max = 3'600'000});
  table.add("net.tls_certificate", s.tls_certificate,
            {.help = "PEM file of the certificate and its chain; empty: no TLS."});
  table.add("net.tls_key", s.tls_key, {.help = "PEM file of the certificate's key."});
}

struct Server::State {
  State(ServerSettings settings, std::string listen, Handler handler, Logger& log, Metrics& metrics)
      : core(std::make_shared<ServerCore>(std::move(settings), std::move(handler), log)),
        listen(std::move(listen)),
        metrics(metrics) {}

  std::shared_ptr<ServerCore> core;
  std::string listen;
  Metrics& metrics;
  std::shared_ptr<Gauges> gauges;
  std::vector<std::unique_ptr<Worker>> workers;
  std::shared_ptr<Listener> listener;
  ListenAddress address;
  std::size_t next_worker = 0;
  bool running = false;

  void accepted(int fd, Peer peer);
  void observe();
  void stop();
};

void Server::State::accepted(int fd, Peer peer) {
  core->connections.fetch_add(1, std::memory_order_relaxed);
  peer.secure = core->tls != nullptr;
  Worker& worker = *workers[next_worker++ % workers.size()];
  auto open = [this, &worker, fd, peer = std::move(peer)] {
    std::make_shared<Http1Connection>(core, worker.loop, worker.traffic, fd, peer)->open();
  };
  if (worker.loop->current()) return open();
  if (!worker.loop->post_call(std::move(open))) {
    ::close(fd);
    core->connection_ended();
  }
}

void Server::State::observe() {
  gauges = std::make_shared<Gauges>(metrics);
  gauges->core = core.get();
  gauges->workers = &workers;
  metrics.on_render([gauges = gauges] { gauges->refresh(); });
}

void Server::State::stop() {
  if (!running) return;
  running = false;
  workers[0]->loop->post_call([listener = listener] { listener->close(); });
  for (auto& worker : workers) worker->loop->stop();
  for (auto& worker : workers) worker->thread.join();
  if (gauges) {
    gauges->refresh();
    std::lock_guard lock(gauges->mutex);
    gauges->core = nullptr;
  }
}

Server::Server(ServerSettings settings, std::string listen, Handler handler, Logger& log, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(settings), std::move(listen), std::move(handler), log, metrics)) {}

Server::~Server() {
  state_->stop();
}

Status Server::start() {
  State& state = *state_;
  const ServerSettings& settings = state.core->settings;
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return invalid_argument("TLS needs both net.tls_certificate and net.tls_key").at("net.tls_certificate");
  }
  if (!settings.tls_certificate.empty()) {
    state.core->tls = SOUK_TRY(TlsContext::open(settings.tls_certificate, settings.tls_key));
  }
  ListenAddress wanted = SOUK_TRY(ListenAddress::parse(state.listen));
  int fd = SOUK_TRY(open_listener(wanted));
  auto count = settings.threads > 0 ? static_cast<std::size_t>(settings.threads) : usable_cores();
  for (std::size_t i = 0; i < count; ++i) state.workers.push_back(std::make_unique<Worker>());
  state.listener = std::make_shared<Listener>(
      state.workers[0]->loop, fd, state.core->log,
      [core = state.core] {
        return core->connections.load(std::memory_order_relaxed) < core->settings.max_connections;
      },
      [&state](int accepted, Peer peer) { state.accepted(accepted, std::move(peer)); });
  state.address = SOUK_TRY(local_address(fd));
  state.observe();
  state.running = true;
  for (std::size_t i = 0; i < count; ++i) {
    state.workers[i]->begin(static_cast<int>(i), std::chrono::microseconds(settings.spin_us));
  }
  state.workers[0]->loop->post_call([listener = state.listener] { listener->open(); });
  return {};
}

std::uint16_t Server::port() const {
  return state_->address.port;
}

std::string Server::url() const {
  return (state_->core->tls ? "https://" : "http://") + state_->address.host + ":" +
         std::to_string(state_->address.port);
}

void Server::drain() {
  State& state = *state_;
  if (!state.running) return;
  state.core->draining.store(true);
  state.workers[0]->loop->post_call([listener = state.listener] { listener->close(); });
  for (auto& worker : state.workers) {
    worker->loop->post_call([&worker = *worker] { worker.loop->drain_members(); });
  }
  bool done = state.core->wait_until_none(state.core->settings.drain_timeout);
  if (!done) {
    state.core->log.warn("net", "connections were still busy when the drain time was over; they are cut off",
                         {{"connections", state.core->connections.load()}});
  }
  state.stop();
}

}  // namespace souk::net
