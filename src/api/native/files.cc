// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

constexpr std::size_t kPiece = 256 << 10;

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
        if (version.declaration) return *version.declaration;
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
