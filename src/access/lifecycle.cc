// SPDX-License-Identifier: Apache-2.0
#include "access/audit/audit.h"
#include "access/state.h"

namespace souk::access {

namespace {

constexpr std::chrono::minutes kUsesWritten{1};

// The namespace `default` and the principal `admin`. Returns the admin's id.
Result<PrincipalId> insert_system(store::Tx& tx) {
  const Time at = now();
  const auto ns = SOUK_TRY(tx.scalar<NamespaceId>(
      "INSERT INTO namespaces (uid, slug, name, description, create_time) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT DO NOTHING RETURNING id",
      new_uid(), "default", "default", "", at));
  if (ns) {
    SOUK_TRY(tx.exec("INSERT INTO resources (kind, object_id, namespace_id) VALUES ($1, $2, $3)", ObjectKind::NAMESPACE,
                     *ns, *ns));
  }
  const auto known = SOUK_TRY(tx.scalar<PrincipalId>("SELECT id FROM principals WHERE name = $1", kAdmin));
  if (known) return *known;
  const auto id = SOUK_TRY(tx.scalar<PrincipalId>(
      "INSERT INTO principals (name, kind, default_namespace, create_time) VALUES ($1, $2, $3, $4) RETURNING id",
      kAdmin, PrincipalKind::USER, "default", at));
  if (!id) return internal("the principal 'admin' could not be made");
  SOUK_TRY(
      tx.exec("INSERT INTO grants (principal_id, namespace_id, kind, object_id, role, create_time) "
              "VALUES ($1, 0, NULL, 0, $2, $3)",
              *id, Role::OWNER, at));
  return *id;
}

}  // namespace

Access::Access(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev,
               AccessSettings settings)
    : state_(std::make_unique<State>(store, events, log, metrics, dev, std::move(settings))) {
  // Each event that somebody caused is a row of the audit log, in the same transaction.
  events.on_append(&insert_audit);
}

Access::~Access() {
  state_->stop();
}

struct ChangeData {
  json::Raw detail;
  std::optional<Touched> touched;
};
BOOST_DESCRIBE_STRUCT(ChangeData, (), (detail, touched))

Status Access::State::append(store::Tx& tx, const Call& call, const Change& change) {
  events::NewEvent event;
  event.type = change.type;
  if (change.ns != nullptr) {
    event.namespace_id = change.ns->id;
    event.namespace_ = change.ns->slug;
  }
  event.kind = change.kind;
  event.id = change.id;
  event.name = change.name;
  event.data = json::Raw{json::write(ChangeData{json::Raw{change.detail}, change.touched})};
  sign(event, call);
  tx.on_commit([this, touched = change.touched] { forget(touched); });
  return events.append(tx, event);
}

void Access::State::forget(const Touched& touched) {
  if (touched.namespaces) directory.drop();
  for (const std::int64_t id : touched.subjects) roster.drop(PrincipalId(id));
  for (const std::int64_t id : touched.keys) credentials.drop(CredentialKind::key, id);
  for (const std::int64_t id : touched.sessions) credentials.drop(CredentialKind::session, id);
  for (const std::int64_t id : touched.holders) credentials.drop_of(PrincipalId(id));
}

void Access::State::forget_all() {
  directory.drop();
  roster.drop_all();
  credentials.drop_all();
}

// What this node changed itself it forgot at the commit; that it forgets once more does no harm.
void Access::State::hear(const events::Event& event) {
  const auto data = json::read<ChangeData>(event.data.text, json::UnknownFields::ignore);
  if (data && data->touched) return forget(*data->touched);
  if (!data) forget_all();
}

Status Access::State::watch(std::function<void()> each_minute) {
  if (subscription_) return {};
  subscription_ = SOUK_TRY(events.subscribe(
      {.types = {"namespace.*", "api_key.*", "user.*", "team.*", "service_account.*", "grant.*", "session.*"}},
      [this](const events::EventPtr& event) { hear(*event); }));
  minutes_ = std::jthread([this, each_minute = std::move(each_minute)](std::stop_token stop) {
    std::unique_lock lock(minute_mutex_);
    while (!stop.stop_requested()) {
      minute_.wait_for(lock, stop, kUsesWritten, [] { return false; });
      each_minute();  // once more at the end, for what the last minute held
    }
  });
  return {};
}

void Access::State::stop() {
  subscription_.reset();
  if (!minutes_.joinable()) return;
  minutes_.request_stop();
  minutes_.join();
}

Result<std::optional<std::string>> Access::bootstrap(const KeepKey& keep) {
  const auto has_key = [](store::Tx& tx) -> Result<bool> {
    return SOUK_TRY(tx.scalar<std::int64_t>("SELECT 1 FROM api_keys LIMIT 1")).has_value();
  };
  const auto has_none =
      SOUK_TRY(state_->store.read([&](store::Tx& tx) -> Result<bool> { return !SOUK_TRY(has_key(tx)); }));
  std::optional<std::string> secret;
  if (!state_->dev && has_none) {
    secret = new_key();
    if (keep) SOUK_TRY(keep(*secret));
  }
  const bool made = SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Result<bool> {
    const PrincipalId admin = SOUK_TRY(insert_system(tx));
    tx.on_commit([this] { state_->forget_all(); });
    if (!secret || SOUK_TRY(has_key(tx))) return false;  // another node was first
    SOUK_TRY(insert_key(tx, {.principal = admin, .name = "first admin key"}, *secret));
    return true;
  }));
  SOUK_TRY(page_token_key());
  SOUK_TRY(state_->watch([this] {
    if (Status written = write_uses(); !written) {
      state_->log.warn("access", "the last uses of keys were not written", {{"error", written.error().describe()}});
    }
  }));
  return made ? std::move(secret) : std::optional<std::string>();
}

}  // namespace souk::access
