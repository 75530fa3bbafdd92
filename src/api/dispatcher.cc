// SPDX-License-Identifier: Apache-2.0
#include "api/dispatcher.h"

#include <algorithm>
#include <array>

#include "access/sessions/sessions.h"
#include "api/cookies.h"
#include "api/error_table.h"
#include "api/grpc/status.h"
#include "api/origin.h"
#include "base/digest.h"
#include "net/fields.h"

namespace souk::api {
namespace {

// "10.0.0.1" of "10.0.0.1:51234", "::1" of "[::1]:51234".
std::string address_of(std::string_view peer) {
  if (peer.starts_with('[')) return std::string(peer.substr(1, peer.find(']') - 1));
  return std::string(peer.substr(0, peer.rfind(':')));
}

// The last address that a proxy wrote: what stands before it, the client may have made up.
std::string_view last_of(std::string_view list) {
  std::string_view last = list.substr(list.rfind(',') + 1);
  while (last.starts_with(' ')) last.remove_prefix(1);
  while (last.ends_with(' ')) last.remove_suffix(1);
  return last;
}

bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= 45 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

// Several fields are one list (RFC 9110, 5.3).
std::string tracestate_of(const net::RequestHead& head) {
  std::string state;
  for (const net::HeaderView& one : head.headers) {
    if (!net::same_name(one.name, "tracestate") || one.value.empty()) continue;
    if (!state.empty()) state += ',';
    state += one.value;
  }
  return state;
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

}  // namespace

void declare(settings::Table& table, ApiSettings& s) {
  table.add("api.request_threads", s.request_threads,
            {.help = "Threads that run ordinary requests", .min = 1, .max = 1024});
  table.add("api.request_queue", s.request_queue,
            {.help = "Ordinary requests that may wait for a thread; more are answered 503", .min = 1, .max = 1e6});
  table.add("api.stream_threads", s.stream_threads,
            {.help = "Uploads and downloads at a time; more are answered 503", .min = 1, .max = 4096});
  table.add("api.access_log", s.access_log, {.help = "Log every request"});
  table.add("api.cut_off_limit", s.cut_off_limit,
            {.help = "PostgreSQL: how long keys and deployments in memory answer while the database cannot be reached; "
                     "then this node cannot know whether they still hold, and answers 503",
             .min = 0,
             .max = 7 * 86'400'000.0});
  table.add("api.origins", s.origins, {.help = "Origins of other sites whose pages may call this server"});
  table.add("api.trusted_proxies", s.trusted_proxies,
            {.help = "Addresses of proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed"});
}

struct Dispatcher::State : Recorder {
  struct Series {
    std::array<Counter*, 6> by_class{};
    Histogram* duration = nullptr;
  };

  State(ApiSettings s, const RouteTable& t, access::Access& a, bool dev, bool embedded, Logger& l, Metrics& metrics,
        Dispatcher::Silence heard, net::TraceExporter* exporter)
      : settings(std::move(s)),
        table(t),
        access(a),
        dev(dev),
        embedded(embedded),
        silence(std::move(heard)),
        log(l),
        traces(exporter),
        requests("requests", settings.request_threads, settings.request_queue),
        streams("streams", settings.stream_threads, settings.stream_threads) {
    auto counted = metrics.counter("souk_api_requests_total", "Requests answered, by door and class of status.",
                                   {"door", "status"});
    auto timed =
        metrics.histogram("souk_api_request_duration_seconds", "From the request's head to its answer.", {"door"});
    static constexpr std::array<std::string_view, 6> kClasses{"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (const auto& route : table.routes()) {
      Series& one = series.emplace_back();
      for (std::size_t i = 0; i < kClasses.size(); ++i) one.by_class[i] = &counted.with({route->door, kClasses[i]});
      one.duration = &timed.with({route->door});
    }
  }

  void answered(const Exchange& exchange, int status) override {
    auto took = std::chrono::steady_clock::now() - exchange.started;
    double seconds = std::chrono::duration<double>(took).count();
    if (exchange.route) {
      const Series& one = series[exchange.route->index];
      one.by_class[status >= 100 && status < 600 ? status / 100 : 0]->add();
      one.duration->observe(seconds);
      // A door that shaped the error itself and told nobody.
      if (status == 401) failed(exchange, unauthenticated(""));
      if (status == 403) failed(exchange, permission_denied(""));
    }
    if (!settings.access_log) return;
    log.info("api", "answered",
             {{"method", exchange.head().method},
              {"path", exchange.head().path},
              {"status", status},
              {"ms", seconds * 1000},
              {"peer", exchange.head().peer},
              {"principal", exchange.call.principal ? std::string_view(exchange.call.principal->name) : "-"},
              {"trace_id", exchange.call.trace_id}});
  }

  Error cut_off() const {
    return unavailable(
               "this node has not reached its database for longer than api.cut_off_limit: it cannot know "
               "whether keys and deployments still hold")
        .advise("ask another node; this one goes on by itself once the database answers")
        .retry_in(std::chrono::seconds(5));
  }

  void failed(const Exchange& exchange, const Error& error) override {
    const bool refusal =
        error.code == Code::unauthenticated || error.code == Code::permission_denied || error.concealed;
    if (!refusal || !exchange.route || exchange.noted) return;
    exchange.noted = true;
    access::Call call = exchange.call;
    if (const std::string_view ns = exchange.parameter("ns"); !ns.empty()) call.namespace_ = ns;
    // What is not there and not to be seen are told apart in the audit only.
    access.note_refusal(call, {exchange.route->method + " " + exchange.route->pattern,
                               std::string(exchange.head().path.substr(0, 300)), error.code});
  }

  void place(Exchange& exchange) {
    const net::RequestHead& head = exchange.head();
    exchange.secure = head.secure;
    exchange.call.address = address_of(head.peer);
    if (std::ranges::find(settings.trusted_proxies, exchange.call.address) == settings.trusted_proxies.end()) return;
    if (const auto from = last_of(head.header("X-Forwarded-For")); is_address(from)) exchange.call.address = from;
    exchange.secure = exchange.secure || head.header("X-Forwarded-Proto") == "https";
  }

  // What comes by a cookie comes from a page, and must be one of this server's. Errors: permission_denied
  Status check_page(const Exchange& exchange, std::string_view session) {
    const net::RequestHead& head = exchange.head();
    if (!changes_something(head.method)) return {};
    SOUK_TRY(check_same_origin(head, settings.origins));
    if (equal_in_constant_time(head.header("X-Souk-CSRF"), access::csrf_token(session))) return {};
    return permission_denied("this request came by a cookie, without its CSRF token")
        .at("X-Souk-CSRF")
        .advise("send the csrf_token of GET /api/v1/session, or use an API key");
  }

  // Names the caller, from memory unless `may_ask`. False: the database must be asked.
  Result<bool> admit(Exchange& exchange, bool may_ask) {
    const net::RequestHead& head = exchange.head();
    const Permission& permission = exchange.route->permission;
    if (permission.needs_credentials()) {
      if (silence && silence() > settings.cut_off_limit) return cut_off();
      const access::Shown shown{head.header("Authorization"), cookie(head, kSessionCookie, exchange.secure)};
      if (dev && shown.authorization.empty() && !head.peer_is_loopback)
        return unauthenticated("dev mode serves this machine only");
      access::PrincipalPtr known = SOUK_TRY(may_ask ? access.authenticate(shown) : access.recognize(shown));
      if (!known) return false;
      exchange.call.principal = std::move(known);
      const access::Principal& principal = *exchange.call.principal;
      if (shown.authorization.empty() && principal.credential.starts_with("session")) {
        SOUK_TRY(check_page(exchange, shown.session));
      }
      if (permission.needed() != access::Role::NONE &&
          !principal.scope.allows_somewhere(access::action_of(permission.needed()))) {
        return permission_denied("this key's scope does not allow to " +
                                 std::string(json::enum_name(access::action_of(permission.needed()))))
            .advise("use a key with a wider scope");
      }
    } else {
      static const access::PrincipalPtr kNobody = std::make_shared<access::Principal>();
      exchange.call.principal = kNobody;
    }
    std::string_view asked = head.header("X-Souk-Namespace");
    exchange.call.namespace_ = asked.empty() ? exchange.call.principal->default_namespace : std::string(asked);
    if (head.has_header("Idempotency-Key")) exchange.call.idempotency_key = std::string(head.header("Idempotency-Key"));
    return true;
  }

  void go_on(const ExchangePtr& exchange, const Result<bool>& admitted) {
    if (!admitted) return exchange->fail(admitted.error());
    exchange->stream->limit(exchange->route->limits);
    collect_and_run(exchange);
  }

  // The database must say who it is: off the connection's thread, which may not wait for it.
  void admit_later(const ExchangePtr& exchange) {
    Status posted = requests.post([this, exchange] {
      auto admitted = std::make_shared<Result<bool>>(admit(*exchange, true));
      exchange->stream->post([this, exchange, admitted] { go_on(exchange, *admitted); });
    });
    if (!posted) exchange->fail(posted.error());
  }

  void run_on_pool(const ExchangePtr& exchange, std::function<void()> f) override {
    Status posted = requests.post([this, exchange, f = std::move(f)] { guard(exchange, f); });
    if (!posted) exchange->fail(posted.error());
  }

  void run_guarded(const ExchangePtr& exchange) {
    guard(exchange, [&] { exchange->route->run(exchange); });
  }

  template <class F>
  void guard(const ExchangePtr& exchange, const F& f) {
    try {
      f();
    } catch (const std::exception& fault) {
      log.error("api", "handler threw",
                {{"route", exchange->route->pattern}, {"what", fault.what()}, {"trace_id", exchange->call.trace_id}});
      exchange->fail(
          internal("the server failed on this request").advise("report the trace id to who runs this server"));
    }
  }

  void run_on(Pool& pool, const ExchangePtr& exchange) {
    Status posted = pool.post([this, exchange] { run_guarded(exchange); });
    if (!posted) exchange->fail(posted.error());
  }

  void run(const ExchangePtr& exchange) {
    switch (exchange->route->form) {
      case Form::plain:
        return run_on(requests, exchange);
      case Form::lookup:
        return embedded ? run_guarded(exchange) : run_on(requests, exchange);
      case Form::raw:
        return run_on(streams, exchange);
      case Form::completing:
      case Form::streaming:
        return run_guarded(exchange);
    }
  }

  void collect_and_run(const ExchangePtr& exchange) {
    if (exchange->route->form == Form::raw || exchange->route->form == Form::streaming) return run(exchange);
    const net::RequestHead& head = exchange->head();
    if (!head.has_body && head.content_length.value_or(0) == 0) {
      exchange->body = std::make_shared<std::string>();
      return run(exchange);
    }
    exchange->stream->collect([this, exchange](Result<std::shared_ptr<std::string>> body) {
      if (!body) return exchange->fail(std::move(body.error()).at("body"));
      exchange->body = std::move(*body);
      run(exchange);
    });
  }

  void trace(Exchange& exchange, const std::optional<TraceParent>& parent, const Route* route) {
    const net::RequestHead& head = exchange.head();
    exchange.call.trace = traces->begin(exchange.call.trace_id, parent, parent ? tracestate_of(head) : "");
    if (!exchange.call.trace) return;
    exchange.span = std::make_unique<RequestSpan>(exchange.call.trace, exchange.started, head, route,
                                                  exchange.call.address, exchange.secure);
  }

  void fail_unrouted(const ExchangePtr& exchange, const RouteTable::Match& match) {
    const net::RequestHead& head = exchange->head();
    net::Response response;
    if (grpc::is_grpc(head) && head.takes_trailers) {
      return exchange->send(grpc::error_response(
          unimplemented("there is no method " + std::string(head.path.substr(0, 200))), exchange->call));
    }
    if (match.allow.empty()) {
      response = match.error(
          not_found("nothing is at " + std::string(head.path.substr(0, 200))).advise("see /openapi.json for what is"),
          exchange->call);
    } else {
      response = match.error(unimplemented(std::string(head.method.substr(0, 20)) + " is not allowed on this address")
                                 .advise("allowed: " + match.allow),
                             exchange->call);
      response.status = 405;
      response.add("Allow", match.allow);
    }
    exchange->send(std::move(response));
  }

  void handle(net::StreamPtr stream) {
    auto exchange = std::make_shared<Exchange>();
    exchange->started = std::chrono::steady_clock::now();
    exchange->recorder = this;
    exchange->stream = std::move(stream);
    const auto parent = parse_traceparent(exchange->head().header("traceparent"));
    exchange->call.trace_id = parent ? std::string(parent->trace_id) : new_trace_id();
    place(*exchange);
    Result<RouteTable::Match> match = table.match(exchange->head().method, exchange->head().path);
    if (traces) trace(*exchange, parent, match ? match->route : nullptr);
    if (!match) return exchange->send(problem(match.error(), exchange->call));
    if (dev) {
      if (Status checked = check_origin(exchange->head(), settings.origins); !checked) {
        return exchange->send(problem(checked.error(), exchange->call));
      }
    }
    if (!match->route) return fail_unrouted(exchange, *match);
    exchange->route = match->route;
    exchange->path = std::move(match->path);
    // An embedded database answers in microseconds, and never waits for a write.
    Result<bool> admitted = admit(*exchange, embedded);
    if (admitted && !*admitted) return admit_later(exchange);
    go_on(exchange, admitted);
  }

  ApiSettings settings;
  const RouteTable& table;
  access::Access& access;
  bool dev;
  bool embedded;
  const Dispatcher::Silence silence;
  Logger& log;
  net::TraceExporter* const traces;
  std::vector<Series> series;
  Pool requests;
  Pool streams;
};

Dispatcher::Dispatcher(ApiSettings settings, const RouteTable& table, access::Access& access, bool dev, bool embedded,
                       Logger& log, Metrics& metrics, Silence silence, net::TraceExporter* traces)
    : state_(std::make_shared<State>(std::move(settings), table, access, dev, embedded, log, metrics,
                                     std::move(silence), traces)) {}
Dispatcher::~Dispatcher() = default;
void Dispatcher::handle(net::StreamPtr stream) {
  state_->handle(std::move(stream));
}
void Dispatcher::close() {
  state_->requests.close();
  state_->streams.close();
}

}  // namespace souk::api
