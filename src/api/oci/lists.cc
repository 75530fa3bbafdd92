// SPDX-License-Identifier: Apache-2.0
//
// Content discovery: the tags of a repository, and what refers to a manifest.
#include <algorithm>
#include <charconv>

#include "api/oci/door.h"

namespace souk::api::oci {

namespace {

constexpr std::int64_t kMostTags = 10'000;
constexpr std::int64_t kMostReferrers = 500;

struct TagList {
  std::string name;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(TagList, (), (name, tags))

struct ReferrerList {
  std::int64_t schemaVersion = 2;
  std::string mediaType{artifacts::kImageIndex};
  std::vector<artifacts::Descriptor> manifests;
};
BOOST_DESCRIBE_STRUCT(ReferrerList, (), (schemaVersion, mediaType, manifests))

Result<std::int64_t> wanted_count(const Exchange& exchange, std::int64_t most) {
  auto text = SOUK_TRY(exchange.query("n"));
  if (!text) return most;
  std::int64_t count = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error == std::errc::result_out_of_range && !text->starts_with('-')) return most;
  if (error != std::errc() || end != text->data() + text->size() || count < 0) {
    return invalid_argument("n is '" + text->substr(0, 50) + "', not a number of results").at("n");
  }
  return std::min(count, most);
}

std::string next_page(const Exchange& exchange, std::string_view what, std::int64_t count, std::string_view last,
                      std::string_view more = "") {
  return "</v2/" + name_of(exchange) + std::string(what) + "?n=" + std::to_string(count) +
         "&last=" + net::encode_query_value(last) + std::string(more) + ">; rel=\"next\"";
}

void list_tags(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::READER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto count = wanted_count(exchange, kMostTags);
  if (!count) return fail(exchange, count.error(), kOfName);
  auto last = exchange.query("last");
  if (!last) return fail(exchange, last.error(), kOfName);
  auto exists = rooms.artifacts.exists(*repository);
  if (!exists) return fail(exchange, exists.error(), kOfName);
  if (!*exists) return fail(exchange, not_found("nothing was pushed to " + repository->string()), kOfName);
  // One more than wanted tells whether there is another page.
  auto tags = rooms.artifacts.list_tags(*repository, last->value_or(""), *count == 0 ? 0 : *count + 1);
  if (!tags) return fail(exchange, tags.error(), kOfName);
  bool more = static_cast<std::int64_t>(tags->size()) > *count;
  if (more) tags->pop_back();
  TagList list{name_of(exchange), std::move(*tags)};
  net::Response response = net::Response::text(200, "application/json", json::write(list));
  if (more) response.add("Link", next_page(exchange, "/tags/list", *count, list.tags.back()));
  exchange.send(std::move(response));
}

void list_referrers(const Rooms& rooms, Exchange& exchange) {
  auto repository = repository_of(rooms, exchange, access::Role::READER);
  if (!repository) return fail(exchange, repository.error(), kOfName);
  auto subject = Digest::parse(exchange.parameter("digest"));
  if (!subject) return fail(exchange, subject.error(), kOfBlob);
  auto count = wanted_count(exchange, kMostReferrers);
  if (!count) return fail(exchange, count.error(), kOfName);
  auto type = exchange.query("artifactType"), last = exchange.query("last");
  if (!type) return fail(exchange, type.error(), kOfName);
  if (!last) return fail(exchange, last.error(), kOfName);
  std::string filter = type->value_or("");
  auto found = rooms.artifacts.referrers(*repository, *subject, filter, last->value_or(""), *count + 1);
  if (!found) return fail(exchange, found.error(), kOfManifest);
  bool more = static_cast<std::int64_t>(found->size()) > *count;
  if (more) found->pop_back();
  ReferrerList list;
  list.manifests = std::move(*found);
  net::Response response = net::Response::text(200, list.mediaType, json::write(list));
  if (!filter.empty()) response.add("OCI-Filters-Applied", "artifactType");
  if (more && !list.manifests.empty()) {
    response.add("Link",
                 next_page(exchange, "/referrers/" + subject->string(), *count, list.manifests.back().digest.string(),
                           filter.empty() ? "" : "&artifactType=" + net::encode_query_value(filter)));
  }
  exchange.send(std::move(response));
}

}  // namespace

void add_lists(RouteTable::Door& door, const RoomsPtr& rooms) {
  auto run = [&rooms](void (*f)(const Rooms&, Exchange&)) {
    return [rooms, f](const ExchangePtr& exchange) { f(*rooms, *exchange); };
  };
  add(door, "GET", "/tags/list", kReader, {.max_bytes = 0}, Form::plain, run(list_tags));
  add(door, "GET", "/referrers/{digest}", kReader, {.max_bytes = 0}, Form::plain, run(list_referrers));
}

}  // namespace souk::api::oci
