// SPDX-License-Identifier: Apache-2.0
//
// A namespace as one archive, and back. The archive itself goes in and out as a blob:
// /v2/{ns}/namespace-archives/blobs.
#include "registry/exchange/exchange.h"

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct Transfer {
  std::int64_t id = 0;
  std::string namespace_;
  registry::TransferKind kind = registry::TransferKind::EXPORT;
  registry::TransferState state = registry::TransferState::QUEUED;
  std::optional<registry::TransferPhase> phase;  // not of one that succeeded
  std::optional<registry::Conflict> conflict;    // of an import
  std::optional<std::string> source;             // the namespace that the archive is of
  std::optional<Digest> archive;
  std::optional<std::string> download;
  std::optional<std::int64_t> total_bytes;
  std::int64_t done_bytes = 0, entries = 0;
  std::int64_t objects = 0;  // of an export: written; of an import: made
  std::int64_t unchanged = 0, skipped = 0;
  std::optional<std::string> error_code, error;
  std::string author;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(Transfer, (),
                      (id, namespace_, kind, state, phase, conflict, source, archive, download, total_bytes, done_bytes,
                       entries, objects, unchanged, skipped, error_code, error, author, create_time, update_time))

struct ExportList {
  std::vector<Transfer> exports;
};
BOOST_DESCRIBE_STRUCT(ExportList, (), (exports))
struct NamespaceImportList {
  std::vector<Transfer> imports;
};
BOOST_DESCRIBE_STRUCT(NamespaceImportList, (), (imports))
struct OfNamespace {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(OfNamespace, (), (ns))
struct OneExport {
  std::string ns;
  std::int64_t export_ = 0;
};
BOOST_DESCRIBE_STRUCT(OneExport, (), (ns, export_))
struct OneImport {
  std::string ns;
  std::int64_t import = 0;
};
BOOST_DESCRIBE_STRUCT(OneImport, (), (ns, import))
struct NewNamespaceImport {
  Digest archive;
  std::optional<registry::Conflict> conflict;
};
BOOST_DESCRIBE_STRUCT(NewNamespaceImport, (), (archive, conflict))
struct CreateImport {
  std::string ns;
  NewNamespaceImport body;
};
BOOST_DESCRIBE_STRUCT(CreateImport, (), (ns, body))

std::optional<std::string> filled(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Transfer shape(const std::string& ns, registry::Transfer transfer) {
  Transfer out;
  out.id = transfer.id.value;
  out.namespace_ = ns;
  out.kind = transfer.kind;
  out.state = transfer.state;
  if (transfer.has_phase()) out.phase = transfer.phase;
  if (transfer.kind == registry::TransferKind::IMPORT) out.conflict = transfer.conflict;
  out.source = filled(std::move(transfer.source));
  out.archive = transfer.archive;
  if (transfer.archive && transfer.kind == registry::TransferKind::EXPORT)
    out.download = "/v2/" + ns + "/" + std::string(registry::kArchives) + "/blobs/" + transfer.archive->string();
  out.total_bytes = transfer.total_bytes;
  out.done_bytes = transfer.done_bytes;
  out.entries = transfer.entries;
  out.objects = transfer.created;
  out.unchanged = transfer.unchanged;
  out.skipped = transfer.skipped;
  out.error_code = filled(std::move(transfer.error_code));
  out.error = filled(std::move(transfer.error));
  out.author = std::move(transfer.actor);
  out.create_time = transfer.create_time;
  out.update_time = transfer.update_time;
  return out;
}

constexpr auto kExport = registry::TransferKind::EXPORT;
constexpr auto kImport = registry::TransferKind::IMPORT;

void add_exports(RouteTable::Door& door, const Rooms& rooms) {
  const std::string all = "/api/v1/namespaces/{ns}/exports", one = all + "/{export}";
  door.add(plain<OfNamespace, Transfer>(
      "POST", all, kWriter, kUsual, {"create_export", "Write all that is in a namespace to one archive", 202},
      [&rooms](const access::Call& call, const OfNamespace& request) -> Result<Transfer> {
        return shape(request.ns, SOUK_TRY(rooms.exchange->begin_export(call, request.ns)));
      }));
  door.add(plain<OfNamespace, ExportList>(
      "GET", all, kWriter, kUsual, {"list_exports", "Exports of a namespace, the latest first, at most 100"},
      [&rooms](const access::Call& call, const OfNamespace& request) -> Result<ExportList> {
        ExportList out;
        for (registry::Transfer& transfer : SOUK_TRY(rooms.exchange->list(call, request.ns, kExport)))
          out.exports.push_back(shape(request.ns, std::move(transfer)));
        return out;
      }));
  door.add(plain<OneExport, Transfer>(
      "GET", one, kWriter, kUsual, {"get_export", "How far an export is, and where its archive is"},
      [&rooms](const access::Call& call, const OneExport& request) -> Result<Transfer> {
        return shape(request.ns,
                     SOUK_TRY(rooms.exchange->get(call, request.ns, kExport, registry::TransferId(request.export_))));
      }));
  door.add(plain<OneExport, Transfer>(
      "POST", one + ":cancel", kWriter, kUsual, {"cancel_export", "Cancel an export that is not over"},
      [&rooms](const access::Call& call, const OneExport& request) -> Result<Transfer> {
        return shape(request.ns, SOUK_TRY(rooms.exchange->cancel(call, request.ns, kExport,
                                                                 registry::TransferId(request.export_))));
      }));
}

}  // namespace

void add_exchange(RouteTable::Door& door, const Rooms& rooms) {
  add_exports(door, rooms);
  const std::string all = "/api/v1/namespaces/{ns}/imports", one = all + "/{import}";
  door.add(plain<CreateImport, Transfer>(
      "POST", all, kWriter, kUsual,
      {"create_namespace_import", "Take into a namespace what an uploaded archive of one holds", 202},
      [&rooms](const access::Call& call, const CreateImport& request) -> Result<Transfer> {
        return shape(request.ns,
                     SOUK_TRY(rooms.exchange->begin_import(call, request.ns, request.body.archive,
                                                           request.body.conflict.value_or(registry::Conflict::FAIL))));
      }));
  door.add(plain<OfNamespace, NamespaceImportList>(
      "GET", all, kWriter, kUsual,
      {"list_namespace_imports", "Imports of archives of namespaces, the latest first, at most 100"},
      [&rooms](const access::Call& call, const OfNamespace& request) -> Result<NamespaceImportList> {
        NamespaceImportList out;
        for (registry::Transfer& transfer : SOUK_TRY(rooms.exchange->list(call, request.ns, kImport)))
          out.imports.push_back(shape(request.ns, std::move(transfer)));
        return out;
      }));
  door.add(plain<OneImport, Transfer>(
      "GET", one, kWriter, kUsual, {"get_namespace_import", "How far the import of a namespace is"},
      [&rooms](const access::Call& call, const OneImport& request) -> Result<Transfer> {
        return shape(request.ns,
                     SOUK_TRY(rooms.exchange->get(call, request.ns, kImport, registry::TransferId(request.import))));
      }));
  door.add(plain<OneImport, Transfer>(
      "POST", one + ":cancel", kWriter, kUsual,
      {"cancel_namespace_import", "Cancel the import of a namespace that is not over"},
      [&rooms](const access::Call& call, const OneImport& request) -> Result<Transfer> {
        return shape(request.ns,
                     SOUK_TRY(rooms.exchange->cancel(call, request.ns, kImport, registry::TransferId(request.import))));
      }));
}

}  // namespace souk::api::native
