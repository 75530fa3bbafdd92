// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::uint64_t kMaxLabels = 1 << 20;

struct FileList {
  std::vector<artifacts::File> files;
};
BOOST_DESCRIBE_STRUCT(FileList, (), (files))

struct OneVersion {
  std::string ns, model, version;
};
BOOST_DESCRIBE_STRUCT(OneVersion, (), (ns, model, version))

// What a browser may show in place; anything else is saved. No type here can run a script.
std::string_view shown_type(std::string_view path) {
  auto ends = [&](std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return path.ends_with(ending); });
  };
  if (ends({".json"})) return "application/json";
  if (ends({".png"})) return "image/png";
  if (ends({".jpg", ".jpeg"})) return "image/jpeg";
  if (ends({".txt", ".md", ".yaml", ".yml", ".csv", ".py", ".toml", "LICENSE"})) return "text/plain; charset=utf-8";
  return "";
}

std::string saved_as(std::string_view path) {
  std::string name;
  for (char c : path.substr(path.rfind('/') + 1))
    name += (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
                ? '_'
                : c;
  return "attachment; filename=\"" + name + "\"";
}

struct Opened {
  artifacts::File file;
  std::unique_ptr<blobs::Reader> reader;
};

Result<Opened> open(const Rooms& rooms, const Exchange& exchange) {
  std::string_view path = exchange.parameter("path");
  auto model = SOUK_TRY(rooms.registry.get_model(exchange.call, access::Role::READER, exchange.parameter("ns"),
                                                 exchange.parameter("model")));
  auto version = SOUK_TRY(rooms.registry.get_version(model, exchange.parameter("version")));
  for (artifacts::File& file : SOUK_TRY(rooms.registry.version_files(model, version))) {
    if (file.path != path) continue;
    auto repository = SOUK_TRY(rooms.registry.repository(exchange.call, access::Role::READER, exchange.parameter("ns"),
                                                         exchange.parameter("model")));
    auto reader = SOUK_TRY(rooms.artifacts.open_blob(repository, file.digest));
    return Opened{std::move(file), std::move(reader)};
  }
  return not_found("version " + version.name + " of model " + model->slug + " has no file '" +
                   std::string(path.substr(0, 200)) + "'")
      .advise("GET …/files lists what it has");
}

Status send_bytes(Exchange& exchange, blobs::Reader& reader) {
  for (std::uint64_t offset = 0; offset < reader.size();) {
    std::string piece(std::min<std::uint64_t>(kPiece, reader.size() - offset), '\0');
    std::size_t got = SOUK_TRY(reader.read_at(offset, std::as_writable_bytes(std::span(piece))));
    if (got == 0) return data_loss("a blob ended early");
    piece.resize(got);
    SOUK_TRY(exchange.stream->write(net::Chunk(std::move(piece))));
    offset += got;
  }
  return {};
}

void send_file(const Rooms& rooms, const ExchangePtr& exchange) {
  Result<Opened> opened = open(rooms, *exchange);
  if (!opened) return exchange->fail(opened.error());
  std::string_view type = shown_type(opened->file.path);
  net::ResponseHead head;
  head.headers.push_back({"Content-Type", std::string(type.empty() ? "application/octet-stream" : type)});
  head.headers.push_back({"X-Content-Type-Options", "nosniff"});
  head.headers.push_back({"ETag", "\"" + opened->file.digest.string() + "\""});
  if (type.empty()) head.headers.push_back({"Content-Disposition", saved_as(opened->file.path)});
  head.content_length = opened->reader->size();
  bool only_head = exchange->head().method == "HEAD";
  exchange->start(std::move(head));
  if (!only_head && !send_bytes(*exchange, *opened->reader)) return exchange->stream->abort();
  exchange->stream->finish();
}

// Copies an object, with one member replaced.
void write_with(json::Writer& out, json::Value object, std::string_view name, const std::function<void()>& write) {
  out.begin_object();
  (void)object.each_member([&](std::string_view key, json::Value value) -> Status {
    out.key(key);
    if (key == name) {
      write();
    } else {
      out.raw(value.raw());
    }
    return {};
  });
  out.end_object();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

// The declaration with its labels in it, where it names a file that holds them.
Result<json::Raw> with_labels(const Rooms& rooms, const access::Call& call, const OneVersion& request,
                              const registry::AuthorizedModel& model, const registry::ModelVersion& version) {
  json::Document document = SOUK_TRY(json::Document::parse(version.declaration->text));
  auto output = document.root().find("output");
  if (!output || output->kind() != json::Kind::object) return *version.declaration;
  auto labels = output->find("labels");
  if (!labels || labels->kind() != json::Kind::string) return *version.declaration;
  auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::READER, request.ns, request.model));
  for (const artifacts::File& file : SOUK_TRY(rooms.registry.version_files(model, version))) {
    if (file.path != labels->string() || !rooms.artifacts.blob_size(repository, file.digest)) continue;
    std::vector<std::string> lines = lines_of(SOUK_TRY(rooms.artifacts.blobs().read_all(file.digest, kMaxLabels)));
    json::Raw whole{""};
    json::Writer out(whole.text);
    write_with(out, document.root(), "output",
               [&] { write_with(out, *output, "labels", [&] { json::write(out, lines); }); });
    return whole;
  }
  return *version.declaration;
}

}  // namespace

void add_files(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<OneVersion, FileList>(
      "GET", "/api/v1/namespaces/{ns}/models/{model}/versions/{version}/files", kReader, kUsual,
      {"list_files", "Files of a version"},
      [&rooms](const access::Call& call, const OneVersion& request) -> Result<FileList> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        auto version = SOUK_TRY(rooms.registry.get_version(model, request.version));
        return FileList{SOUK_TRY(rooms.registry.version_files(model, version))};
      }));
  door.add(plain<OneVersion, json::Raw>(
      "GET", "/api/v1/namespaces/{ns}/models/{model}/versions/{version}/declaration", kReader, kUsual,
      {"get_declaration", "What the version's souk.yaml declares"},
      [&rooms](const access::Call& call, const OneVersion& request) -> Result<json::Raw> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        auto version = SOUK_TRY(rooms.registry.get_version(model, request.version));
        if (version.declaration) return with_labels(rooms, call, request, model, version);
        return not_found("version " + version.name + " of model " + model->slug + " has no souk.yaml");
      }));
  Route bytes{
      "GET",     "/api/v1/namespaces/{ns}/models/{model}/versions/{version}/files/{path...}", kReader, {.max_bytes = 0},
      Form::raw, [&rooms](const ExchangePtr& exchange) { send_file(rooms, exchange); },       {}};
  bytes.doc.operation_id = "get_file";
  bytes.doc.summary = "The bytes of a file of a version";
  for (const char* name : {"ns", "model", "version", "path"})
    bytes.doc.parameters.push_back({name, "path", true, R"({"type":"string"})", ""});
  bytes.doc.response_schema = R"({"type":"string","format":"binary"})";
  bytes.doc.response_type = "application/octet-stream";
  door.add(std::move(bytes));
}

}  // namespace souk::api::native
