// SPDX-License-Identifier: Apache-2.0
//
// Uploads in parts: create, parts side by side and in any order, what is there, complete, abort.
#include <charconv>

#include "api/bind.h"
#include "api/native/shapes.h"
#include "api/transfer.h"

namespace souk::api::native {
namespace {

constexpr const char* kUploads = "/api/v1/namespaces/{ns}/models/{model}/uploads";
constexpr const char* kUpload = "/api/v1/namespaces/{ns}/models/{model}/uploads/{upload}";
constexpr const char* kComplete = "/api/v1/namespaces/{ns}/models/{model}/uploads/{upload}:complete";
constexpr const char* kParts = "/api/v1/namespaces/{ns}/models/{model}/uploads/{upload}/parts";
constexpr const char* kPart = "/api/v1/namespaces/{ns}/models/{model}/uploads/{upload}/parts/{number}";
constexpr net::BodyLimits kPartLimits{
    .max_bytes = 1ull << 30, .idle_timeout = std::chrono::minutes(2), .total_timeout = std::chrono::milliseconds(0)};
constexpr std::int64_t kMostParts = 1000;

struct Upload : artifacts::Upload {
  Time expire_time;
};
BOOST_DESCRIBE_STRUCT(Upload, (artifacts::Upload), (expire_time))

struct UploadList {
  std::vector<Upload> uploads;
};
BOOST_DESCRIBE_STRUCT(UploadList, (), (uploads))

struct PartList {
  std::vector<artifacts::UploadPart> parts;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(PartList, (), (parts, next_page_token))

struct NewUpload {
  std::int64_t size = 0;
  std::optional<Digest> digest;
};
BOOST_DESCRIBE_STRUCT(NewUpload, (), (size, digest))
struct CreateUpload {
  std::string ns, model;
  NewUpload body;
};
BOOST_DESCRIBE_STRUCT(CreateUpload, (), (ns, model, body))

struct OfModel {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(OfModel, (), (ns, model))
struct OneUpload {
  std::string ns, model, upload;
};
BOOST_DESCRIBE_STRUCT(OneUpload, (), (ns, model, upload))

struct ListParts {
  std::string ns, model, upload;
  std::optional<std::string> page_token;
  std::optional<std::int64_t> page_size;
};
BOOST_DESCRIBE_STRUCT(ListParts, (), (ns, model, upload, page_token, page_size))

struct Completion {
  std::optional<Digest> digest;
};
BOOST_DESCRIBE_STRUCT(Completion, (), (digest))
struct CompleteUpload {
  std::string ns, model, upload;
  Completion body;
};
BOOST_DESCRIBE_STRUCT(CompleteUpload, (), (ns, model, upload, body))

Upload shape(const Rooms& rooms, artifacts::Upload upload) {
  Time expires = upload.update_time + rooms.facts.upload_life;
  return Upload{std::move(upload), expires};
}

Result<std::int64_t> number_of(std::string_view text, std::string_view field) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return invalid_argument(std::string(field) + " is no number").at(std::string(field));
  }
  return number;
}

Result<artifacts::UploadPart> receive_part(const Rooms& rooms, Exchange& exchange) {
  auto repository = SOUK_TRY(rooms.registry.repository(exchange.call, access::Role::WRITER, exchange.parameter("ns"),
                                                       exchange.parameter("model")));
  std::int64_t number = SOUK_TRY(number_of(exchange.parameter("number"), "number"));
  auto checksums = SOUK_TRY(artifacts::parse_checksums(exchange.head().header("Content-Digest")));
  auto part = SOUK_TRY(rooms.uploads.open_part(repository, exchange.parameter("upload"), number, checksums));
  if (auto length = exchange.head().content_length; length && *length != part->size()) {
    return invalid_argument("part " + std::to_string(number) + " has " + std::to_string(part->size()) + " bytes, not " +
                            std::to_string(*length))
        .at("Content-Length");
  }
  SOUK_TRY(receive(*exchange.stream, [&](std::span<const std::byte> bytes) { return part->write(bytes); }));
  return part->finish();
}

// Answers when the part is given back: the client's next request may be here before this one's thread is done.
void put_part(const Rooms& rooms, const ExchangePtr& exchange) {
  Result<artifacts::UploadPart> part = receive_part(rooms, *exchange);
  if (!part) return exchange->fail(part.error());
  exchange->send(net::Response::text(200, "application/json", json::write(*part)));
}

void describe_put(json::Schemas& schemas, const std::vector<std::string>&, RouteDoc& doc) {
  for (const char* name : {"ns", "model", "upload"})
    doc.parameters.push_back({name, "path", true, R"({"type":"string"})", ""});
  doc.parameters.push_back({"number", "path", true, R"({"type":"integer"})", "From 1 on"});
  doc.parameters.push_back({"Content-Digest", "header", true, R"({"type":"string"})",
                            "crc32c=:BASE64: or sha-256=:BASE64: of the part (RFC 9530)"});
  doc.request_type = "application/octet-stream";
  doc.request_schema = R"({"type":"string","format":"binary"})";
  doc.response_schema = schemas.of<artifacts::UploadPart>();
}

void add_parts(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListParts, PartList>(
      "GET", kParts, kWriter, kUsual, {"list_upload_parts", "The parts of an upload that are there, by number"},
      [&rooms](const access::Call& call, const ListParts& request) -> Result<PartList> {
        auto repository = SOUK_TRY(rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model));
        std::int64_t count = request.page_size.value_or(100), after = 0;
        if (count < 1 || count > kMostParts) {
          return invalid_argument("page_size is from 1 to 1000").at("page_size");
        }
        if (request.page_token) after = SOUK_TRY(number_of(*request.page_token, "page_token"));
        PartList out{SOUK_TRY(rooms.uploads.parts(repository, request.upload, after, count)), {}};
        if (static_cast<std::int64_t>(out.parts.size()) == count) {
          out.next_page_token = std::to_string(out.parts.back().number);
        }
        return out;
      }));
  Route put{"PUT",       kPart,     kWriter,
            kPartLimits, Form::raw, [&rooms](const ExchangePtr& exchange) { put_part(rooms, exchange); },
            {}};
  put.doc.operation_id = "put_upload_part";
  put.doc.summary = "Send a part; it is durable once this answers";
  put.describe = &describe_put;
  door.add(std::move(put));
}

}  // namespace

void add_uploads(RouteTable::Door& door, const Rooms& rooms) {
  auto repository = [&rooms](const access::Call& call, const auto& request) {
    return rooms.registry.repository(call, access::Role::WRITER, request.ns, request.model);
  };
  door.add(plain<CreateUpload, Upload>(
      "POST", kUploads, kWriter, kUsual, {"create_upload", "Begin an upload in parts", 201},
      [&rooms, repository](const access::Call& call, const CreateUpload& request) -> Result<Upload> {
        auto in = SOUK_TRY(repository(call, request));
        if (request.body.size < 0) return invalid_argument("size is negative").at("size");
        return shape(rooms, SOUK_TRY(rooms.uploads.create(in, static_cast<std::uint64_t>(request.body.size),
                                                          request.body.digest)));
      }));
  door.add(plain<OfModel, UploadList>(
      "GET", kUploads, kWriter, kUsual, {"list_uploads", "Uploads under way, the latest first"},
      [&rooms, repository](const access::Call& call, const OfModel& request) -> Result<UploadList> {
        UploadList out;
        for (artifacts::Upload& upload : SOUK_TRY(rooms.uploads.list(SOUK_TRY(repository(call, request))))) {
          out.uploads.push_back(shape(rooms, std::move(upload)));
        }
        return out;
      }));
  door.add(plain<OneUpload, Upload>(
      "GET", kUpload, kWriter, kUsual, {"get_upload", "How far an upload is"},
      [&rooms, repository](const access::Call& call, const OneUpload& request) -> Result<Upload> {
        return shape(rooms, SOUK_TRY(rooms.uploads.get(SOUK_TRY(repository(call, request)), request.upload)));
      }));
  door.add(plain<CompleteUpload, Upload>(
      "POST", kComplete, kWriter, kUsual, {"complete_upload", "Make the parts a blob, once all are there"},
      [&rooms, repository](const access::Call& call, const CompleteUpload& request) -> Result<Upload> {
        auto in = SOUK_TRY(repository(call, request));
        return shape(rooms, SOUK_TRY(rooms.uploads.complete(in, request.upload, request.body.digest)));
      }));
  door.add(plain<OneUpload, NoContent>(
      "DELETE", kUpload, kWriter, kUsual, {"abort_upload", "Drop an upload and its parts", 204},
      [&rooms, repository](const access::Call& call, const OneUpload& request) -> Result<NoContent> {
        SOUK_TRY(rooms.uploads.abort(SOUK_TRY(repository(call, request)), request.upload));
        return NoContent{};
      }));
  add_parts(door, rooms);
}

}  // namespace souk::api::native
