// SPDX-License-Identifier: Apache-2.0
//
// Manifests: GET and HEAD by tag, alias, version or digest; PUT; DELETE.
#include <algorithm>

#include "api/oci/door.h"

namespace souk::api::oci {

namespace {

constexpr std::size_t kMaxTags = 32;

net::Response manifest_response(artifacts::StoredManifest manifest) {
  net::Response response = net::Response::text(200, std::move(manifest.media_type), std::move(manifest.bytes));
  response.add("Docker-Content-Digest", manifest.digest.string());
  response.add("ETag", "\"" + manifest.digest.string() + "\"");
  response.add("X-Content-Type-Options", "nosniff");
  return response;
}

void get_manifest(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::READER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto digest = rooms.registry.resolve_manifest(*repository, exchange.parameter("reference"));
  if (!digest) return fail(exchange, digest.error(), kOfManifest);
  if (exchange.head().header("If-None-Match").find(digest->string()) != std::string_view::npos) {
    net::Response unchanged{304, {}, {}};
    return exchange.send(std::move(unchanged.add("ETag", "\"" + digest->string() + "\"")));
  }
  auto manifest = rooms.artifacts.get_manifest(*repository, *digest);
  if (!manifest) return fail(exchange, manifest.error(), kOfManifest);
  exchange.send(manifest_response(std::move(*manifest)));
}

Result<std::vector<std::string>> more_tags(const Exchange& exchange) {
  std::vector<std::string> tags;
  for (auto& [key, value] : SOUK_TRY(net::parse_query(exchange.head().query))) {
    if (key == "tag") tags.push_back(std::move(value));
  }
  if (tags.size() > kMaxTags) {
    return invalid_argument(std::to_string(tags.size()) + " tags are more than the " + std::to_string(kMaxTags) +
                            " that one request may set")
        .at("tag");
  }
  return tags;
}

void put_manifest(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  std::string_view reference = exchange.parameter("reference");
  std::string_view type = exchange.head().header("Content-Type");
  auto tags = more_tags(exchange);
  if (!tags) return fail(exchange, tags.error(), kOfManifest);
  auto pushed = rooms.registry.push_manifest(exchange.call, *repository, reference, type, *exchange.body);
  for (std::size_t i = 0; pushed && i < tags->size(); i++) {
    pushed = rooms.registry.push_manifest(exchange.call, *repository, (*tags)[i], type, *exchange.body);
  }
  if (!pushed) {
    bool other_digest = pushed.error().field == "reference" && reference.find(':') != std::string_view::npos;
    if (other_digest) return fail(exchange, pushed.error(), {"MANIFEST_BLOB_UNKNOWN", "DIGEST_INVALID"});
    return fail(exchange, pushed.error(), kOfPushedManifest);
  }

  net::Response response{201, {}, {}};
  response.add("Location", manifest_location(exchange, pushed->digest));
  response.add("Docker-Content-Digest", pushed->digest.string());
  if (auto manifest = artifacts::parse_manifest(type, *exchange.body); manifest && manifest->subject) {
    response.add("OCI-Subject", manifest->subject->digest.string());
  }
  for (const std::string& tag : *tags) response.add("OCI-Tag", tag);
  if (pushed->version) response.add("souk-version", std::to_string(pushed->version->number));
  exchange.send(std::move(response));
}

void delete_manifest(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::WRITER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto done = rooms.registry.remove_manifest(exchange.call, *repository, exchange.parameter("reference"));
  if (!done && done.error().code == Code::failed_precondition) {
    net::Response response = error_response(405, "UNSUPPORTED", done.error());
    return exchange.send(std::move(response.add("Allow", "GET, HEAD, PUT")));
  }
  if (!done) return fail(exchange, done.error(), kOfManifest);
  exchange.send(net::Response{202, {}, {}});
}

}  // namespace

void add_manifests(RouteTable::Door& door, const RoomsPtr& rooms) {
  auto run = [&rooms](void (*f)(const Rooms&, Exchange&)) {
    return [rooms, f](const ExchangePtr& exchange) { f(*rooms, *exchange); };
  };
  constexpr net::BodyLimits kManifest{.max_bytes = artifacts::kMaxManifestBytes};
  add(door, "GET", "/manifests/{reference}", kReader, {.max_bytes = 0}, Form::plain, run(get_manifest));
  add(door, "PUT", "/manifests/{reference}", kWriter, kManifest, Form::plain, run(put_manifest));
  add(door, "DELETE", "/manifests/{reference}", kWriter, {.max_bytes = 0}, Form::plain, run(delete_manifest));
}

}  // namespace souk::api::oci
