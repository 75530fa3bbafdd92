// SPDX-License-Identifier: Apache-2.0
//
// Versions made of what lies elsewhere: an uploaded archive, a URL, a prefix in S3.
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

constexpr const char* kImports = "/api/v1/namespaces/{ns}/models/{model}/imports";
constexpr const char* kImport = "/api/v1/namespaces/{ns}/models/{model}/imports/{import}";
constexpr const char* kCancel = "/api/v1/namespaces/{ns}/models/{model}/imports/{import}:cancel";

struct Import {
  std::int64_t id = 0;
  std::string namespace_, model;
  registry::ImportKind kind = registry::ImportKind::BLOB;
  std::string source;
  std::optional<std::string> folder, tag;
  std::vector<std::string> aliases;
  registry::ImportState state = registry::ImportState::QUEUED;
  std::optional<registry::ImportPhase> phase;  // not of one that succeeded
  std::optional<std::int64_t> total_bytes;
  std::int64_t done_bytes = 0, files = 0;
  std::optional<std::string> error_code, error;
  std::optional<std::int64_t> version;
  std::optional<Digest> digest;
  std::string author;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(Import, (),
                      (id, namespace_, model, kind, source, folder, tag, aliases, state, phase, total_bytes, done_bytes,
                       files, error_code, error, version, digest, author, create_time, update_time))

struct ImportList {
  std::vector<Import> imports;
};
BOOST_DESCRIBE_STRUCT(ImportList, (), (imports))

struct NewImport {
  std::optional<std::string> blob, url, s3, file_name, folder, tag;
  std::optional<std::vector<std::string>> aliases;
};
BOOST_DESCRIBE_STRUCT(NewImport, (), (blob, url, s3, file_name, folder, tag, aliases))
struct CreateImport {
  std::string ns, model;
  NewImport body;
};
BOOST_DESCRIBE_STRUCT(CreateImport, (), (ns, model, body))

struct OfModel {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(OfModel, (), (ns, model))
struct OneImport {
  std::string ns, model;
  std::int64_t import = 0;
};
BOOST_DESCRIBE_STRUCT(OneImport, (), (ns, model, import))

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Result<Import> shape(const std::string& ns, registry::Import import) {
  Import out;
  out.id = import.id.value;
  out.namespace_ = ns;
  out.model = std::move(import.model);
  out.kind = import.kind;
  out.source = std::move(import.source);
  out.folder = unless_empty(std::move(import.folder));
  out.tag = unless_empty(std::move(import.tag));
  out.aliases = SOUK_TRY(json::read<std::vector<std::string>>(import.aliases.text));
  out.state = import.state;
  if (import.has_phase()) out.phase = import.phase;
  out.total_bytes = import.total_bytes;
  out.done_bytes = import.done_bytes;
  out.files = import.files;
  out.error_code = unless_empty(std::move(import.error_code));
  out.error = unless_empty(std::move(import.error));
  out.version = import.version;
  out.digest = import.digest;
  out.author = std::move(import.actor);
  out.create_time = import.create_time;
  out.update_time = import.update_time;
  return out;
}

Result<registry::NewImport> wanted_of(const NewImport& body) {
  const int sources = body.blob.has_value() + body.url.has_value() + body.s3.has_value();
  if (sources != 1) {
    return invalid_argument("an import has one source")
        .at("url")
        .advise("give blob (a digest that was uploaded to this model), url or s3");
  }
  registry::NewImport out;
  out.kind = body.blob ? registry::ImportKind::BLOB : body.url ? registry::ImportKind::URL : registry::ImportKind::S3;
  out.source = body.blob ? *body.blob : body.url ? *body.url : *body.s3;
  out.file_name = body.file_name.value_or("");
  out.folder = body.folder.value_or("");
  out.tag = body.tag.value_or("");
  if (body.aliases) out.aliases = *body.aliases;
  return out;
}

void add_reads(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<OfModel, ImportList>(
      "GET", kImports, kWriter, kUsual, {"list_imports", "Imports of a model, the latest first, at most 100"},
      [&rooms](const access::Call& call, const OfModel& request) -> Result<ImportList> {
        auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model));
        ImportList out;
        for (registry::Import& import : SOUK_TRY(rooms.imports.list(repository))) {
          out.imports.push_back(SOUK_TRY(shape(request.ns, std::move(import))));
        }
        return out;
      }));
  door.add(plain<OneImport, Import>(
      "GET", kImport, kWriter, kUsual, {"get_import", "How far an import is"},
      [&rooms](const access::Call& call, const OneImport& request) -> Result<Import> {
        auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model));
        return shape(request.ns, SOUK_TRY(rooms.imports.get(repository, registry::ImportId(request.import))));
      }));
}

}  // namespace

void add_imports(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<CreateImport, Import>(
      "POST", kImports, kWriter, kUsual,
      {"create_import", "Make a version of an uploaded archive, a URL or a prefix in S3", 202},
      [&rooms](const access::Call& call, const CreateImport& request) -> Result<Import> {
        auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model));
        auto wanted = SOUK_TRY(wanted_of(request.body));
        return shape(request.ns, SOUK_TRY(rooms.imports.create(call, repository, wanted)));
      }));
  add_reads(door, rooms);
  door.add(plain<OneImport, Import>(
      "POST", kCancel, kWriter, kUsual, {"cancel_import", "Cancel an import that is not over"},
      [&rooms](const access::Call& call, const OneImport& request) -> Result<Import> {
        auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model));
        return shape(request.ns, SOUK_TRY(rooms.imports.cancel(call, repository, registry::ImportId(request.import))));
      }));
}

}  // namespace souk::api::native
