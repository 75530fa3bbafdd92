// SPDX-License-Identifier: Apache-2.0
//
// Pulling blobs: GET and HEAD with ranges; DELETE.
#include "api/oci/door.h"
#include "api/oci/ranges.h"
#include "api/transfer.h"

namespace souk::api::oci {

namespace {

struct Opened {
  Digest digest;
  std::unique_ptr<blobs::Reader> reader;
};

std::vector<net::Header> headers_of(const Digest& digest) {
  return {{"Content-Type", "application/octet-stream"},
          {"Docker-Content-Digest", digest.string()},
          {"Accept-Ranges", "bytes"},
          {"ETag", "\"" + digest.string() + "\""},
          {"Cache-Control", "private, max-age=31536000, immutable"},
          {"X-Content-Type-Options", "nosniff"}};
}

bool client_has_it(const Exchange& exchange, const Digest& digest) {
  return exchange.head().header("If-None-Match").find(digest.string()) != std::string_view::npos;
}

Result<Opened> open(const Rooms& rooms, const Exchange& exchange, const artifacts::Repository& repository) {
  Digest digest = SOUK_TRY(Digest::parse(exchange.parameter("digest")));
  return Opened{digest, SOUK_TRY(rooms.artifacts.open_blob(repository, digest))};
}

void answer_range_outside(Exchange& exchange, const Error& error, std::uint64_t size) {
  net::Response response = error_response(416, "SIZE_INVALID", error);
  exchange.send(std::move(response.add("Content-Range", "bytes */" + std::to_string(size))));
}

void get_blob(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::READER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto opened = open(rooms, exchange, *repository);
  if (!opened) return fail(exchange, opened.error(), kOfBlob);
  if (client_has_it(exchange, opened->digest)) {
    return exchange.send(net::Response{304, headers_of(opened->digest), {}});
  }
  if (std::string url = opened->reader->direct_url(); !url.empty()) {
    net::Response elsewhere{
        307, {{"Docker-Content-Digest", opened->digest.string()}, {"Cache-Control", "no-store"}}, {}};
    return exchange.send(std::move(elsewhere.add("Location", std::move(url))));
  }
  std::uint64_t size = opened->reader->size();
  ByteRange range{0, size};
  net::ResponseHead head{200, headers_of(opened->digest), {}};
  auto asked = parse_range(exchange.head().header("Range"), size);
  if (!asked) return answer_range_outside(exchange, asked.error(), size);
  if (*asked) {
    range = **asked;
    head.status = 206;
    head.headers.push_back({"Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                 std::to_string(range.first + range.count - 1) + "/" +
                                                 std::to_string(size)});
  }
  head.content_length = range.count;
  exchange.start(std::move(head));
  if (!send(*exchange.stream, *opened->reader, range.first, range.count)) return exchange.stream->abort();
  exchange.stream->finish();
}

void head_blob(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::READER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto digest = Digest::parse(exchange.parameter("digest"));
  if (!digest) return fail(exchange, digest.error(), kOfBlob);
  auto size = rooms.artifacts.blob_size(*repository, *digest);
  if (!size) return fail(exchange, size.error(), kOfBlob);
  exchange.start(net::ResponseHead{200, headers_of(*digest), *size});
  exchange.stream->finish();
}

void delete_blob(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto digest = Digest::parse(exchange.parameter("digest"));
  if (!digest) return fail(exchange, digest.error(), kOfBlob);
  if (auto done = rooms.artifacts.unlink_blob(*repository, *digest); !done)
    return fail(exchange, done.error(), kOfBlob);
  exchange.send(net::Response{202, {}, {}});
}

}  // namespace

void add_blobs(RouteTable::Door& door, const RoomsPtr& rooms) {
  constexpr net::BodyLimits kNoBody{.max_bytes = 0};
  auto run = [&rooms](void (*f)(const Rooms&, Exchange&)) {
    return [rooms, f](const ExchangePtr& exchange) { f(*rooms, *exchange); };
  };
  add(door, "GET", "/blobs/{digest}", kReader, {.max_bytes = 0, .idle_timeout = std::chrono::minutes(2)}, Form::raw,
      run(get_blob));
  add(door, "HEAD", "/blobs/{digest}", kReader, kNoBody, Form::plain, run(head_blob));
  add(door, "DELETE", "/blobs/{digest}", kWriter, kNoBody, Form::plain, run(delete_blob));
}

}  // namespace souk::api::oci
