// SPDX-License-Identifier: Apache-2.0
//
// GET /api/v1/events: what happens, as server-sent events (WHATWG HTML, 9.2), from now on or from where
// Last-Event-ID says, and on the same stream figures as they change (a browser has six connections to a server, so a
// tab should need one). No thread waits for it: the log and the sampler call, the writer hands over to the connection.
#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include "api/native/figures/sampler.h"
#include "api/native/shapes.h"
#include "net/sse.h"

namespace souk::api::native {
namespace {

// Which events a principal may hear of: those of objects that it may see; those of no namespace only admins.
bool may_hear(const access::Principal& principal, const events::Event& event) {
  if (!event.namespace_id) return principal.role_everywhere() >= access::Role::ADMIN;
  if (event.kind == "service_account") return principal.role_in(event.namespace_id) >= access::Role::ADMIN;
  // What somebody asked for is theirs, and the admins'.
  if (event.kind == "operation") {
    const access::Role role = principal.role_in(event.namespace_id);
    return role >= access::Role::ADMIN || (role >= access::Role::READER && event.actor == principal.name);
  }
  access::ObjectKind kind = event.kind == "model"        ? access::ObjectKind::MODEL
                            : event.kind == "deployment" ? access::ObjectKind::DEPLOYMENT
                                                         : access::ObjectKind::NAMESPACE;
  std::int64_t id = kind == access::ObjectKind::NAMESPACE ? event.namespace_id.value : event.id;
  return principal.role_on({kind, id, event.namespace_id, ""}) >= access::Role::READER;
}

// What a client may lag behind before it is cut off; it goes on by Last-Event-ID. A long history is told at once.
constexpr std::size_t kMaxWaiting = 1 << 20;

constexpr std::array<std::string_view, 25> kKinds{
    "blob_move",   "queue_item",      "import",     "namespace", "model",    "version",     "alias",
    "deployment",  "revision",        "replica",    "api_key",   "user",     "team",        "grant",
    "session",     "service_account", "experiment", "run",       "artifact", "environment", "inference_service",
    "serve_model", "operation",       "webhook",    "transfer"};

// Errors: invalid_argument (a type of no kind that there is: nothing would ever come)
Result<std::vector<std::string>> split_types(std::string_view text) {
  std::vector<std::string> types;
  while (!text.empty()) {
    std::string_view type = text.substr(0, text.find(','));
    text.remove_prefix(std::min(type.size() + 1, text.size()));
    std::string_view kind = type.substr(0, type.find('.'));
    if (kind.size() == type.size() || std::ranges::find(kKinds, kind) == kKinds.end()) {
      return invalid_argument("'" + std::string(type.substr(0, 100)) + "' is no type of event")
          .at("types")
          .advise("a type is such as model.updated, or model.* for all of a kind");
    }
    types.emplace_back(type);
  }
  return types;
}

// Keeps the subscription as long as the client listens, and not a moment longer.
struct Listener {
  std::mutex mutex;
  events::Subscription subscription;
  std::shared_ptr<void> figures;
};

Result<std::string> cursor_of(const Exchange& exchange) {
  if (exchange.head().has_header("Last-Event-ID")) return std::string(exchange.head().header("Last-Event-ID"));
  return SOUK_TRY(exchange.query("after")).value_or("");
}

Result<std::vector<std::string>> figures_of(const Rooms& rooms, const Exchange& exchange) {
  const auto text = SOUK_TRY(exchange.query("figures"));
  if (!text || rooms.sampler == nullptr) return std::vector<std::string>();
  auto names = rooms.sampler->names_of(*text);
  if (!names) return std::move(names).error().at("figures");
  return names;
}

// They have no id: a stream that is resumed begins with how they are then.
std::shared_ptr<void> watch_figures(const Rooms& rooms, const access::Call& call, const std::vector<std::string>& names,
                                    net::EventWriter writer) {
  return rooms.sampler->watch(
      call, names,
      [writer = std::move(writer), principal = call.principal,
       &access = rooms.access](const std::string& figure) mutable {
        if (!access.holds(*principal)) return writer.close();
        (void)writer.send({.id = "", .type = "figure", .data = figure, .retry = std::nullopt}).has_value();
      });
}

}  // namespace

Status listen(const Rooms& rooms, const ExchangePtr& exchange, const std::function<bool(const events::Event&)>& about) {
  std::string after = SOUK_TRY(cursor_of(*exchange));
  const auto figures = SOUK_TRY(figures_of(rooms, *exchange));
  std::string types = SOUK_TRY(exchange->query("types")).value_or("");
  std::string ns = SOUK_TRY(exchange->query("namespace")).value_or("");
  if (!ns.empty()) SOUK_TRY(rooms.access.get_namespace(exchange->call, access::Role::READER, ns));
  if (after.empty()) {
    after = SOUK_TRY(rooms.events.head());
  } else {
    SOUK_TRY(rooms.events.read(after, {}, 1));  // a cursor that is none is said before the stream starts
  }

  events::Filter filter;
  filter.types = SOUK_TRY(split_types(types));
  filter.visible = [principal = exchange->call.principal, ns, about,
                    &access = rooms.access](const events::Event& event) {
    if (!access.holds(*principal)) return true;  // ends the stream, below
    return (!about || about(event)) && (ns.empty() || event.namespace_ == ns) && may_hear(*principal, event);
  };
  net::EventWriter writer(exchange->stream, {.max_waiting = kMaxWaiting},
                          {{"souk-trace-id", exchange->call.trace_id}, {"souk-event-cursor", after}});
  auto listener = std::make_shared<Listener>();
  auto subscribed = rooms.events.subscribe(
      std::move(filter),
      [writer, principal = exchange->call.principal, &access = rooms.access](const events::EventPtr& event) mutable {
        // Whose key, session or rights changed asks again, and is told what it may hear then.
        if (!access.holds(*principal)) return writer.close();
        // A client that is too slow is cut off by the writer; the close below ends the subscription.
        (void)writer
            .send({.id = event->cursor, .type = event->type, .data = json::write(*event), .retry = std::nullopt})
            .has_value();
      },
      after);
  if (!subscribed) {
    writer.close();
    return {};
  }
  {
    std::lock_guard lock(listener->mutex);
    listener->subscription = std::move(*subscribed);
    if (!figures.empty()) listener->figures = watch_figures(rooms, exchange->call, figures, writer);
  }
  writer.on_close([listener] {
    std::lock_guard lock(listener->mutex);
    listener->subscription.reset();
    listener->figures.reset();
  });
  return {};
}

void add_events(RouteTable::Door& door, const Rooms& rooms) {
  Route route{"GET",
              "/api/v1/events",
              kReader,
              {.max_bytes = 0},
              Form::plain,
              [&rooms](const ExchangePtr& exchange) {
                if (Status status = listen(rooms, exchange, {}); !status) exchange->fail(status.error());
              },
              {}};
  route.doc.operation_id = "watch_events";
  route.doc.summary =
      "What happens, as server-sent events; resumed by Last-Event-ID, or by the header "
      "souk-event-cursor of the answer";
  const std::string text = R"({"type":"string"})";
  route.doc.parameters = {{"types", "query", false, text, "Comma-separated types, as model.updated or model.*"},
                          {"namespace", "query", false, text, "Only of this namespace"},
                          {"after", "query", false, text, "A cursor to go on from, where Last-Event-ID cannot be set"},
                          {"figures", "query", false, text,
                           "Comma-separated figures to be told beside, as events of type figure, at once and whenever "
                           "they change: those of GET /api/v1/figures"},
                          {"Last-Event-ID", "header", false, text, "The last cursor seen"}};
  route.doc.response_schema = text;
  route.doc.response_type = "text/event-stream";
  door.add(std::move(route));
}

}  // namespace souk::api::native
