// SPDX-License-Identifier: Apache-2.0
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

Access::Access(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev)
    : state_(std::make_unique<State>(store, events, log, metrics, dev)) {}

Access::~Access() {
  state_->stop();
}

Status Access::State::watch(std::function<void()> each_minute) {
  if (subscription_) return {};
  subscription_ =
      SOUK_TRY(events.subscribe({.types = {"namespace.*", "api_key.*"}}, [this](const events::EventPtr&) { drop(); }));
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

Result<std::optional<std::string>> Access::bootstrap() {
  auto secret = SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Result<std::optional<std::string>> {
    const PrincipalId admin = SOUK_TRY(insert_system(tx));
    state_->drop_after(tx);
    const auto keys = SOUK_TRY(tx.scalar<std::int64_t>("SELECT COUNT(*) FROM api_keys"));
    if (state_->dev || keys.value_or(0) > 0) return std::optional<std::string>();
    CreatedKey key = SOUK_TRY(insert_key(tx, {.principal = admin, .name = "first admin key"}));
    return std::optional<std::string>(std::move(key.secret));
  }));
  SOUK_TRY(page_token_key());
  SOUK_TRY(state_->watch([this] {
    if (Status written = write_uses(); !written) {
      state_->log.warn("access", "the last uses of keys were not written", {{"error", written.error().describe()}});
    }
  }));
  return secret;
}

}  // namespace souk::access
