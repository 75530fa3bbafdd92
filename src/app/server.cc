// SPDX-License-Identifier: Apache-2.0
#include "app/server.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "access/access.h"
#include "access/audit/audit.h"
#include "access/people/people.h"
#include "access/sessions/sessions.h"
#include "api/instill/instill.h"
#include "api/kubeflow/catalog/catalog.h"
#include "api/kubeflow/kubeflow.h"
#include "api/native/figures/sampler.h"
#include "api/native/figures/topics.h"
#include "api/native/native.h"
#include "api/native/server/care.h"
#include "api/native/server/settings.h"
#include "api/oci/oci.h"
#include "api/oip/oip.h"
#include "api/ops/ops.h"
#include "api/web/web.h"
#include "app/backup/record.h"
#include "app/doctor/diagnose.h"
#include "app/first_start.h"
#include "app/operator_options.h"
#include "app/prepare.h"
#include "app/process_metrics.h"
#include "artifacts/artifacts.h"
#include "artifacts/inventory.h"
#include "artifacts/moves/moves.h"
#include "blobs/blobs.h"
#include "events/log.h"
#include "registry/catalog/catalog.h"
#include "registry/compare/compare.h"
#include "registry/exchange/exchange.h"
#include "registry/imports/imports.h"
#include "registry/registry.h"
#include "runtimes/inspect.h"
#include "runtimes/onnx/loader.h"
#include "serving/services/inference_services.h"
#include "store/migrations.h"
#include "store/sqlite/lock_file.h"
#include "webhooks/webhooks.h"
#include "work/leases.h"
#include "work/work.h"

namespace souk::app {
namespace {

// How long start waits for deployments to come back before it answers without them.
constexpr Duration kWaitForReplicas{500};

// An index over many rows takes longer than any answer to a request may.
Status migrate_patiently(Settings settings, Logger& log) {
  be_patient(settings);
  Metrics unused;
  auto store = SOUK_TRY(store::Store::open(settings.database, settings.store, log, unused));
  SOUK_TRY(store::migrate(*store, store::migrations(), log));
  return {};
}

}  // namespace

// In boot order; destroyed in reverse.
struct Server::Rooms {
  store::LockFile lock;
  Metrics metrics;
  std::unique_ptr<net::TraceExporter> traces;  // before all that may make spans
  std::unique_ptr<store::Store> store;
  std::unique_ptr<events::Log> events;
  std::unique_ptr<store::Store> pulse;  // PostgreSQL: connections for beats alone, that no load takes away
  std::unique_ptr<work::Nodes> nodes;
  std::unique_ptr<work::Leases> leases;
  std::unique_ptr<work::Work> work;
  std::unique_ptr<access::Access> access;
  std::unique_ptr<access::People> people;
  std::unique_ptr<access::Sessions> sessions;
  std::unique_ptr<access::Audit> audit;
  std::unique_ptr<webhooks::Webhooks> webhooks;
  std::unique_ptr<artifacts::Moves> moves;
  std::unique_ptr<artifacts::Artifacts> artifacts;
  std::unique_ptr<artifacts::PartUploads> uploads;
  std::unique_ptr<registry::Inspector> inspector;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<registry::Search> search;
  std::unique_ptr<registry::Imports> imports;
  std::unique_ptr<registry::Catalog> catalog;
  std::unique_ptr<registry::Compare> compare;
  std::unique_ptr<registry::Exchange> exchange;
  std::unique_ptr<runtimes::Loader> onnx;
  std::unique_ptr<serving::Serving> serving;
  std::unique_ptr<serving::Rollouts> rollouts;
  std::unique_ptr<serving::InferenceServices> services;
  std::unique_ptr<tasks::ModelRuns> runs;
  std::optional<api::native::Rooms> native;
  std::unique_ptr<api::native::Sampler> sampler;
  std::optional<api::instill::Rooms> instill;
  std::optional<api::kubeflow::Rooms> kubeflow;
  std::optional<api::ops::Rooms> ops;
  api::RouteTable routes;
  std::unique_ptr<api::Dispatcher> dispatcher;
  std::unique_ptr<net::Server> net;
  std::unique_ptr<Housekeeping> housekeeping;

  explicit Rooms(store::LockFile lock) : lock(std::move(lock)) {}
};

Server::Server(Settings settings, const settings::Table& table, Logger& log)
    : settings_(std::move(settings)), table_(table), log_(log) {}
Server::~Server() {
  stop();
}

Status Server::start() {
  Time started = now();
  SOUK_TRY(make_private_folder(settings_.data));
  rooms_ = std::make_unique<Rooms>(SOUK_TRY(store::LockFile::acquire(settings_.data + "/serve.lock")));
  Rooms& r = *rooms_;

  r.traces = SOUK_TRY(net::TraceExporter::open(
      settings_.traces, {{"service.version", std::string(kVersion)}, {"service.instance.id", settings_.node}}, log_,
      r.metrics));

  SOUK_TRY(migrate_patiently(settings_, log_));
  r.store = SOUK_TRY(store::Store::open(settings_.database, settings_.store, log_, r.metrics));
  r.events = std::make_unique<events::Log>(*r.store, log_, r.metrics);
  if (r.store->dialect() == store::Dialect::postgresql) {
    store::StoreSettings two = settings_.store;
    two.connections = 2;
    r.pulse = SOUK_TRY(store::Store::open(settings_.database, two, log_, r.metrics));
  }
  store::Store& pulse = r.pulse ? *r.pulse : *r.store;
  r.nodes = std::make_unique<work::Nodes>(settings_.work.nodes, pulse, settings_.node, log_);
  r.leases = std::make_unique<work::Leases>(pulse, *r.nodes, log_);
  r.work = std::make_unique<work::Work>(settings_.work, *r.store, *r.nodes, log_, r.metrics);
  show_process(r.metrics, settings_, *r.events);
  r.access = std::make_unique<access::Access>(*r.store, *r.events, log_, r.metrics, settings_.dev, settings_.access);
  SOUK_TRY(bootstrap(*r.access, settings_.data, log_));
  r.people = std::make_unique<access::People>(*r.access);
  r.sessions = std::make_unique<access::Sessions>(*r.access);
  r.audit = std::make_unique<access::Audit>(*r.access, *r.leases);

  r.webhooks = SOUK_TRY(webhooks::Webhooks::make(settings_.webhooks, *r.store, *r.events, *r.access, *r.work, *r.leases,
                                                 log_, r.metrics));

  auto open_blobs = [this, &r](const std::string& url) {
    return blobs::Blobs::open(url, log_, r.metrics, settings_.s3);
  };
  r.moves = SOUK_TRY(artifacts::Moves::start(*r.store, *r.events, settings_.blobs, open_blobs, log_));
  r.moves->join(*r.work, *r.nodes);
  r.artifacts = std::make_unique<artifacts::Artifacts>(*r.store, r.moves->blobs(), log_, r.metrics, r.moves.get());
  r.uploads = std::make_unique<artifacts::PartUploads>(*r.store, *r.artifacts);
  r.inspector = std::make_unique<runtimes::ChildInspector>();
  r.registry =
      std::make_unique<registry::Registry>(*r.store, *r.events, *r.access, *r.artifacts, *r.inspector, log_, r.metrics);
  r.search = std::make_unique<registry::Search>(*r.registry);
  r.imports = SOUK_TRY(registry::Imports::make(settings_.imports, settings_.s3, *r.store, *r.events, *r.access,
                                               *r.artifacts, *r.registry, *r.work, log_, r.metrics));
  r.catalog = std::make_unique<registry::Catalog>(
      settings_.catalog, SOUK_TRY(net::AddressGuard::parse(settings_.imports.allow)), settings_.imports.ca_file,
      *r.store, *r.events, *r.access, *r.registry, log_);
  r.compare = std::make_unique<registry::Compare>(*r.store, *r.access, *r.artifacts);
  r.exchange = std::make_unique<registry::Exchange>(settings_.exchange, *r.store, *r.events, *r.access, *r.artifacts,
                                                    *r.inspector, *r.work, log_);
  r.onnx = std::make_unique<runtimes::OnnxLoader>(settings_.onnx, log_);
  r.serving =
      std::make_unique<serving::Serving>(settings_.serving, *r.store, *r.events, *r.access, *r.registry, *r.artifacts,
                                         std::vector<runtimes::Loader*>{r.onnx.get()}, settings_.node, log_, r.metrics);

  r.rollouts = SOUK_TRY(serving::Rollouts::open(settings_.serving, *r.store, *r.events, *r.access, *r.serving, *r.nodes,
                                                *r.leases, log_));
  r.runs = std::make_unique<tasks::ModelRuns>(settings_.tasks, *r.store, *r.events, *r.access, *r.registry, *r.serving,
                                              *r.work, log_, r.metrics);
  r.runs->add_queues();

  r.native.emplace(api::native::Rooms{
      *r.access,
      *r.people,
      *r.sessions,
      *r.audit,
      *r.registry,
      *r.artifacts,
      *r.serving,
      *r.rollouts,
      *r.events,
      *r.work,
      *r.nodes,
      *r.leases,
      *r.uploads,
      *r.moves,
      *r.imports,
      *r.webhooks,
      *r.search,
      *r.runs,
      {std::string(kVersion), settings_.dev, settings_.node, started,
       r.store->dialect() == store::Dialect::sqlite ? "sqlite" : "postgresql", settings_.collect_grace}});
  r.native->compare = r.compare.get();
  r.native->exchange = r.exchange.get();
  auto figures = api::native::figure_topics(*r.native, {.metrics = r.metrics,
                                                        .ready = [this] { return ready(); },
                                                        .backups = [this] { return noted_backups(settings_); },
                                                        .catalogue = [&r] { return r.catalog->generation(); }});
  r.sampler = std::make_unique<api::native::Sampler>(std::move(figures.topics), r.access->system(), log_,
                                                     std::move(figures.begin));
  r.native->sampler = r.sampler.get();
  api::native::add_routes(r.routes, *r.native);
  api::native::add_settings(r.routes, *r.access, table_.entries(), [this] {
    std::error_code unknown;
    const std::string address = url().substr(url().find("//") + 2);
    const std::string own_path = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
    const char* const folders = std::getenv("PATH");
    OperatorCommand command = operator_command(table_, settings_, address, own_path, folders ? folders : "");
    return api::native::OperatorCommand{std::move(command.program), std::move(command.options)};
  });
  api::oci::add_routes(r.routes, *r.registry, *r.artifacts, api::oip::server_metadata_json(kVersion));
  api::oip::add_routes(r.routes, *r.serving, kVersion);
  r.instill.emplace(api::instill::Rooms{*r.access, *r.registry, *r.serving, *r.runs});
  api::instill::add_routes(r.routes, *r.instill);
  r.kubeflow.emplace(api::kubeflow::Rooms{*r.access, *r.registry});
  api::kubeflow::add_routes(r.routes, *r.kubeflow);
  // A preview's form: a catalogue's file, and what stands around it.
  api::kubeflow::add_catalog_routes(r.routes, *r.catalog, settings_.catalog.max_file.count + (1 << 20));
  api::web::add_routes(r.routes, api::web::embedded_assets());
  api::native::add_care(r.routes, *r.access, care());
  r.ops.emplace(api::ops::Rooms{r.metrics, [this] { return ready(); }, std::string(kVersion)});
  api::ops::add_routes(r.routes, *r.ops);

  const bool embedded = r.store->dialect() == store::Dialect::sqlite;
  r.dispatcher = std::make_unique<api::Dispatcher>(
      settings_.api, r.routes, *r.access, settings_.dev, embedded, log_, r.metrics,
      [&r] { return r.events->silence(); }, r.traces.get());
  r.net = std::make_unique<net::Server>(
      settings_.net, settings_.listen, [&r](net::StreamPtr stream) { r.dispatcher->handle(std::move(stream)); }, log_,
      r.metrics);
  SOUK_TRY(r.nodes->start());
  SOUK_TRY(r.catalog->start());
  SOUK_TRY(r.net->start());
  SOUK_TRY(tell_setup_link(*r.sessions, r.net->url(), log_));
  SOUK_TRY(r.serving->start(kWaitForReplicas));
  SOUK_TRY(r.rollouts->start());
  SOUK_TRY(r.runs->start());
  r.work->start();
  r.services =
      std::make_unique<serving::InferenceServices>(*r.store, *r.events, *r.access, *r.registry, *r.serving, log_);
  SOUK_TRY(r.services->start());
  SOUK_TRY(r.search->start());
  SOUK_TRY(r.webhooks->start());
  r.housekeeping = std::make_unique<Housekeeping>(*r.leases, settings_.collect_every, housekeeping_tasks(), log_);
  return {};
}

Status Server::ready() const {
  const Rooms& r = *rooms_;
  if (r.events->silence() > settings_.api.cut_off_limit) {
    return unavailable("the database has not been reached for longer than api.cut_off_limit");
  }
  if (!r.serving->ready()) return unavailable("deployments are still loading").retry_in(std::chrono::seconds(1));
  return {};
}

api::native::Care Server::care() {
  Rooms& r = *rooms_;
  api::native::Care care;
  care.diagnose = [this] {
    Look look;
    look.url = url();
    look.ready = [this] { return ready(); };
    look.patience = std::chrono::seconds(5);
    return diagnose(settings_, look);
  };
  care.backups = [this] { return noted_backups(settings_); };
  care.storage = [&r](std::int64_t count) -> Result<std::vector<api::native::ModelStorage>> {
    std::vector<api::native::ModelStorage> out;
    for (auto& one : SOUK_TRY(r.store->read([&](store::Tx& tx) { return artifacts::largest_repositories(tx, count); })))
      out.push_back({std::move(one.namespace_), std::move(one.model), one.bytes, one.own_bytes, one.blobs});
    return out;
  };
  care.stored_bytes = [&r]() -> Result<std::int64_t> {
    return static_cast<std::int64_t>(SOUK_TRY(r.artifacts->blobs().stored_bytes()));
  };
  return care;
}

std::vector<Housekeeping::Task> Server::housekeeping_tasks() {
  Rooms& r = *rooms_;
  return {{"bytes that nothing refers to",
           [&r, grace = settings_.collect_grace]() -> Result<std::int64_t> {
             return static_cast<std::int64_t>(SOUK_TRY(r.artifacts->collect(grace)));
           }},
          {"old archives of namespaces", [&r] { return r.exchange->prune(); }},
          {"old webhook deliveries", [&r] { return r.webhooks->prune(); }},
          {"old events", [&r, keep = settings_.events_keep] { return r.events->prune(now() - keep); }},
          {"nodes that are gone",
           [&r, keep = settings_.collect_grace] { return r.serving->forget_gone_nodes(now() - keep); }}};
}

std::string Server::url() const {
  return rooms_->net->url();
}

void Server::stop() {
  if (!rooms_) return;
  Rooms& r = *rooms_;
  r.housekeeping.reset();
  if (r.net) r.net->drain();
  if (r.dispatcher) r.dispatcher->close();
  if (r.sampler) r.sampler->stop();
  if (r.sessions) r.sessions->close();
  if (r.work) r.work->stop();
  if (r.catalog) r.catalog->stop();
  if (r.webhooks) r.webhooks->stop();
  if (r.search) r.search->stop();
  if (r.services) r.services->stop();
  if (r.runs) r.runs->stop();
  if (r.rollouts) r.rollouts->stop();
  if (r.serving) r.serving->stop();
  if (r.nodes) r.nodes->stop();
  rooms_.reset();
}

}  // namespace souk::app
