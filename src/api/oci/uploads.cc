// SPDX-License-Identifier: Apache-2.0
//
// Pushing blobs: POST begins, mounts or sends all at once; PATCH sends a chunk; PUT ends; GET tells; DELETE drops.
#include "api/oci/door.h"
#include "api/oci/ranges.h"
#include "api/transfer.h"

namespace souk::api::oci {

namespace {

constexpr std::uint64_t kMaxBlobBytes = 1ull << 40;
constexpr net::BodyLimits kUpload{
    .max_bytes = kMaxBlobBytes, .idle_timeout = std::chrono::minutes(2), .total_timeout = std::chrono::milliseconds(0)};

using WriterPtr = std::unique_ptr<blobs::Writer>;

// Handlers return their answer, which is sent when they have let go of the upload: the client's next request may be
// here before this one's thread is done.
using UploadHandler = net::Response (*)(const Rooms&, Exchange&);

std::string received_range(std::uint64_t size) {
  return "0-" + std::to_string(size == 0 ? 0 : size - 1);
}

net::Response upload_answer(const Exchange& exchange, int status, std::string_view id, std::uint64_t size) {
  net::Response response{status, {}, {}};
  response.add("Location", upload_location(exchange, id));
  response.add("Range", received_range(size));
  response.add("Docker-Upload-UUID", std::string(id));
  return response;
}

net::Response blob_answer(const Exchange& exchange, const Digest& digest) {
  net::Response response{201, {}, {}};
  response.add("Location", blob_location(exchange, digest));
  response.add("Docker-Content-Digest", digest.string());
  return response;
}

// 416 tells how far the upload came, so that the client can go on from there.
net::Response out_of_order(const Exchange& exchange, const ByteRange& range, const blobs::Writer& writer) {
  std::string there = std::to_string(writer.size());
  Error error =
      out_of_range("the chunk begins at " + std::to_string(range.first) + ", but the upload has " + there + " bytes")
          .advise("send the chunk that begins at " + there);
  net::Response response = error_response(416, "BLOB_UPLOAD_INVALID", error);
  response.add("Location", upload_location(exchange, writer.id()));
  response.add("Range", received_range(writer.size()));
  return response;
}

net::Response wrong_size(const ByteRange& range, std::uint64_t got) {
  return error_response(400, "SIZE_INVALID",
                        invalid_argument("Content-Range names " + std::to_string(range.count) +
                                         " bytes, the body has " + std::to_string(got))
                            .at("Content-Range"));
}

Result<Digest> wanted_digest(const Exchange& exchange) {
  Result<std::optional<std::string>> text = exchange.query("digest");
  if (!text) return std::move(text).error().at("digest");
  if (!*text) {
    return invalid_argument("the query parameter 'digest' is missing")
        .at("digest")
        .advise("end an upload with ?digest=sha256:…");
  }
  Result<Digest> digest = Digest::parse(**text);
  if (!digest) return std::move(digest).error().at("digest");
  return digest;
}

// Takes the body as the next bytes of the upload. Returns the answer when that cannot be.
std::optional<net::Response> receive_chunk(Exchange& exchange, blobs::Writer& writer) {
  std::uint64_t before = writer.size();
  std::optional<ByteRange> range;
  if (std::string_view given = exchange.head().header("Content-Range"); !given.empty()) {
    auto parsed = parse_chunk_range(given);
    if (!parsed) return error_response(parsed.error(), kOfUpload);
    range = *parsed;
    if (range->first != before) return out_of_order(exchange, *range, writer);
    auto length = exchange.head().content_length;
    if (length && *length != range->count) return wrong_size(*range, *length);
  }
  auto write = [&writer](std::span<const std::byte> bytes) { return writer.write(bytes); };
  if (Status received = receive(*exchange.stream, write); !received) return error_response(received.error(), kOfUpload);
  if (range && writer.size() - before != range->count) return wrong_size(*range, writer.size() - before);
  return std::nullopt;
}

net::Response finish(const Rooms& rooms, const Exchange& exchange, const artifacts::Repository& repository,
                     WriterPtr writer, const Digest& expected) {
  auto digest = rooms.artifacts.finish_upload(repository, std::move(writer), expected);
  return digest ? blob_answer(exchange, *digest) : error_response(digest.error(), kOfUpload);
}

net::Response push_at_once(const Rooms& rooms, Exchange& exchange, const artifacts::Repository& repository) {
  auto expected = wanted_digest(exchange);
  if (!expected) return error_response(expected.error(), kOfUpload);
  auto writer = rooms.artifacts.blobs().create();
  if (!writer) return error_response(writer.error(), kOfUpload);
  if (auto failure = receive_chunk(exchange, **writer)) {
    (*writer)->discard();
    return std::move(*failure);
  }
  return finish(rooms, exchange, repository, std::move(*writer), *expected);
}

// The repository that a mount names, when the caller may read it.
Result<artifacts::Repository> mounted_from(const Rooms& rooms, const Exchange& exchange, std::string_view name) {
  std::size_t slash = name.find('/');
  std::string_view ns = slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
  std::string_view model = slash == std::string_view::npos ? name : name.substr(slash + 1);
  return rooms.registry.repository(exchange.call, access::Role::READER, ns, model);
}

// False: the client is to upload instead.
bool mount(const Rooms& rooms, const Exchange& exchange, const artifacts::Repository& repository, const Digest& digest,
           const std::optional<std::string>& from) {
  if (!from) return rooms.artifacts.blob_size(repository, digest).has_value();
  auto source = mounted_from(rooms, exchange, *from);
  return source && rooms.artifacts.mount(*source, repository, digest);
}

Status check_algorithm(const Exchange& exchange) {
  auto algorithm = SOUK_TRY(exchange.query("digest-algorithm"));
  if (!algorithm || *algorithm == "sha256") return {};
  return invalid_argument("digests by '" + algorithm->substr(0, 50) + "' are not kept here")
      .at("digest")
      .advise("use sha256");
}

net::Response begin_upload(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return error_response(repository.error(), kOfName);
  if (auto checked = check_algorithm(exchange); !checked) return error_response(checked.error(), kOfUpload);
  auto at_once = exchange.query("digest"), mounted = exchange.query("mount"), from = exchange.query("from");
  for (const auto* query : {&at_once, &mounted, &from}) {
    if (!*query) return error_response(query->error(), kOfUpload);
  }
  if (*mounted) {
    auto digest = Digest::parse(**mounted);
    if (!digest) return error_response(digest.error(), kOfBlob);
    if (mount(rooms, exchange, *repository, *digest, *from)) return blob_answer(exchange, *digest);
  } else if (*at_once) {
    return push_at_once(rooms, exchange, *repository);
  }
  auto id = rooms.artifacts.start_upload(*repository);
  if (!id) return error_response(id.error(), kOfUpload);
  return upload_answer(exchange, 202, *id, 0);
}

struct Taken {
  artifacts::Repository repository;
  WriterPtr writer;
};

// The upload of the path, or the answer that says why not.
tl::expected<Taken, net::Response> take(const Rooms& rooms, const Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return tl::unexpected(error_response(repository.error(), kOfName));
  auto writer = rooms.artifacts.take_upload(*repository, std::string(exchange.parameter("upload")));
  if (!writer) return tl::unexpected(error_response(writer.error(), kOfUpload));
  return Taken{std::move(*repository), std::move(*writer)};
}

net::Response patch_upload(const Rooms& rooms, Exchange& exchange) {
  auto taken = take(rooms, exchange);
  if (!taken) return std::move(taken.error());
  if (auto failure = receive_chunk(exchange, *taken->writer)) return std::move(*failure);
  net::Response response = upload_answer(exchange, 202, taken->writer->id(), taken->writer->size());
  auto done = rooms.artifacts.put_back(taken->repository, std::move(taken->writer));
  return done ? std::move(response) : error_response(done.error(), kOfUpload);
}

net::Response put_upload(const Rooms& rooms, Exchange& exchange) {
  auto taken = take(rooms, exchange);
  if (!taken) return std::move(taken.error());
  auto expected = wanted_digest(exchange);
  if (!expected) return error_response(expected.error(), kOfUpload);
  if (auto failure = receive_chunk(exchange, *taken->writer)) return std::move(*failure);
  return finish(rooms, exchange, taken->repository, std::move(taken->writer), *expected);
}

net::Response get_upload(const Rooms& rooms, Exchange& exchange) {
  auto taken = take(rooms, exchange);
  if (!taken) return std::move(taken.error());
  return upload_answer(exchange, 204, taken->writer->id(), taken->writer->size());
}

net::Response delete_upload(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return error_response(repository.error(), kOfName);
  auto done = rooms.artifacts.cancel_upload(*repository, std::string(exchange.parameter("upload")));
  if (!done) return error_response(done.error(), kOfUpload);
  return net::Response{204, {}, {}};
}

}  // namespace

void add_uploads(RouteTable::Door& door, const RoomsPtr& rooms) {
  auto run = [&rooms](UploadHandler f) {
    return [rooms, f](const ExchangePtr& exchange) {
      net::Response response = f(*rooms, *exchange);
      exchange->send(std::move(response));
    };
  };
  add(door, "POST", "/blobs/uploads/", kWriter, kUpload, Form::raw, run(begin_upload));
  add(door, "POST", "/blobs/uploads", kWriter, kUpload, Form::raw, run(begin_upload));
  add(door, "PATCH", "/blobs/uploads/{upload}", kWriter, kUpload, Form::raw, run(patch_upload));
  add(door, "PUT", "/blobs/uploads/{upload}", kWriter, kUpload, Form::raw, run(put_upload));
  add(door, "GET", "/blobs/uploads/{upload}", kWriter, {.max_bytes = 0}, Form::plain, run(get_upload));
  add(door, "DELETE", "/blobs/uploads/{upload}", kWriter, {.max_bytes = 0}, Form::plain, run(delete_upload));
}

}  // namespace souk::api::oci
