// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/exchange.h"

#include "registry/exchange/state.h"

namespace souk::registry {

namespace {

constexpr const char* kQueue = "exchange";

struct Payload {
  TransferId transfer;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (transfer))

Error missing(TransferKind kind, TransferId id, const std::string& ns) {
  return not_found("there is no " + std::string(kind == TransferKind::EXPORT ? "export " : "import ") +
                   std::to_string(id.value) + " of " + ns);
}

}  // namespace

Status Exchange::State::tell(store::Tx& tx, const Transfer& transfer, std::string_view type, const access::Call* call) {
  events::NewEvent event;
  event.type = type;
  event.namespace_id = transfer.namespace_id;
  event.namespace_ = SOUK_TRY(access.namespace_slug(transfer.namespace_id));
  event.kind = "transfer";
  event.id = transfer.id.value;
  event.name = event.namespace_;
  if (call != nullptr) {
    access::sign(event, *call);
  } else {
    event.actor = transfer.actor;
  }
  std::string data = R"({"kind":")" + std::string(json::enum_name(transfer.kind)) + R"(","state":")" +
                     std::string(json::enum_name(transfer.state)) + R"(",)";
  if (transfer.has_phase()) data += R"("phase":")" + std::string(json::enum_name(transfer.phase)) + R"(",)";
  event.data.text = data + R"("done_bytes":)" + std::to_string(transfer.done_bytes) + "}";
  return events.append(tx, event);
}

Result<std::optional<Transfer>> Exchange::State::find(store::Tx& tx, const work::Item& item) {
  const auto payload = SOUK_TRY(json::read<Payload>(item.payload.text));
  return find_transfer(tx, payload.transfer);
}

Result<std::unique_ptr<TransferJob>> Exchange::State::job(work::Attempt& attempt, Transfer transfer) {
  std::string ns = SOUK_TRY(access.namespace_slug(transfer.namespace_id));
  std::unique_ptr<TransferJob> job;
  if (transfer.kind == TransferKind::EXPORT) {
    job = std::make_unique<ExportJob>(*this, attempt, std::move(transfer), std::move(ns));
  } else {
    job = std::make_unique<ImportNamespaceJob>(*this, attempt, std::move(transfer), std::move(ns));
  }
  return job;
}

Status Exchange::State::save(store::Tx& tx, const Transfer& transfer) {
  SOUK_TRY(update_transfer(tx, transfer));
  return tell(tx, transfer, "transfer.changed", nullptr);
}

Status Exchange::State::let_go(store::Tx& tx, const Transfer& transfer) {
  if (transfer.kind == TransferKind::IMPORT) {
    SOUK_TRY(artifacts.remove_repository(
        tx, {transfer.namespace_id, "", std::string(kArchives) + "-" + std::to_string(transfer.id.value)}));
  }
  SOUK_TRY(tx.defer("DELETE FROM artifact_references WHERE holder_kind = $1 AND holder_id = $2", kHolder, transfer.id));
  return delete_entries(tx, transfer.id);
}

Result<Transfer> Exchange::State::begin(const access::Call& call, Transfer wanted) {
  wanted.actor = call.principal->name;
  wanted.create_time = now();
  return store.write([&](store::Tx& tx) -> Result<Transfer> {
    Transfer made = SOUK_TRY(insert_transfer(tx, wanted));
    const work::Enqueued item = SOUK_TRY(work.enqueue(
        tx,
        {.queue = kQueue, .payload = json::Raw{json::write(Payload{made.id})}, .namespace_id = wanted.namespace_id}));
    made.item_id = item.id;
    SOUK_TRY(set_transfer_item(tx, made.id, item.id));
    if (made.archive) SOUK_TRY(artifacts.hold(tx, *made.archive, kHolder, made.id.value));
    SOUK_TRY(tell(tx, made, "transfer.created", &call));
    return made;
  });
}

Exchange::Exchange(ExchangeSettings settings, store::Store& store, events::Log& events, access::Access& access,
                   artifacts::Artifacts& artifacts, Inspector& inspector, work::Work& work, Logger& log)
    : state_(new State{settings, store, events, access, artifacts, inspector, work, log}) {
  add_row_queue(*state_, work, kQueue, settings.concurrency);
}

Exchange::~Exchange() = default;

Result<Transfer> Exchange::begin_export(const access::Call& call, std::string_view ns) {
  const auto place = SOUK_TRY(state_->access.get_namespace(call, access::Role::WRITER, ns));
  Transfer wanted;
  wanted.namespace_id = place->id;
  wanted.source = place->slug;
  return state_->begin(call, std::move(wanted));
}

Result<Transfer> Exchange::begin_import(const access::Call& call, std::string_view ns, const Digest& archive,
                                        Conflict conflict) {
  const auto place = SOUK_TRY(state_->access.get_namespace(call, access::Role::WRITER, ns));
  auto size = state_->artifacts.blob_size(state_->archives(place->id, place->slug), archive);
  if (!size) {
    return Error(size.error())
        .at("archive")
        .advise("upload it first: /v2/" + place->slug + "/" + std::string(kArchives) + "/blobs/uploads/");
  }
  Transfer wanted;
  wanted.namespace_id = place->id;
  wanted.kind = TransferKind::IMPORT;
  wanted.conflict = conflict;
  wanted.phase = TransferPhase::UNPACK;
  wanted.archive = archive;
  wanted.total_bytes = static_cast<std::int64_t>(*size);
  return state_->begin(call, std::move(wanted));
}

Result<Transfer> Exchange::get(const access::Call& call, std::string_view ns, TransferKind kind, TransferId id) {
  const auto place = SOUK_TRY(state_->access.get_namespace(call, access::Role::WRITER, ns));
  auto found = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_transfer(tx, id); }));
  if (!found || found->namespace_id != place->id || found->kind != kind) return missing(kind, id, place->slug);
  return std::move(*found);
}

Result<std::vector<Transfer>> Exchange::list(const access::Call& call, std::string_view ns, TransferKind kind) {
  const auto place = SOUK_TRY(state_->access.get_namespace(call, access::Role::WRITER, ns));
  return state_->store.read([&](store::Tx& tx) { return list_transfers(tx, place->id, kind); });
}

Result<Transfer> Exchange::cancel(const access::Call& call, std::string_view ns, TransferKind kind, TransferId id) {
  const Transfer asked = SOUK_TRY(get(call, ns, kind, id));
  SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Status {
    const auto transfer = SOUK_TRY(find_transfer(tx, asked.id));
    if (!transfer) return missing(kind, id, std::string(ns));
    if (transfer->is_over()) {
      return failed_precondition("transfer " + std::to_string(id.value) +
                                 " is over: " + std::string(json::enum_name(transfer->state)));
    }
    SOUK_TRY(state_->tell(tx, *transfer, "transfer.cancelled", &call));
    SOUK_TRY(state_->work.cancel(tx, transfer->item_id));
    return {};
  }));
  return get(call, ns, kind, id);
}

Result<std::int64_t> Exchange::prune() {
  return state_->store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    const auto old = SOUK_TRY(old_exports(tx, now() - state_->settings.keep));
    for (Transfer transfer : old) {
      transfer.archive.reset();
      SOUK_TRY(update_transfer(tx, transfer));
      SOUK_TRY(state_->let_go(tx, transfer));
    }
    return static_cast<std::int64_t>(old.size());
  });
}

}  // namespace souk::registry
