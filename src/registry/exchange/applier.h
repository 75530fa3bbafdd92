// SPDX-License-Identifier: Apache-2.0
//
// Lines of an archive to rows of a namespace. What a line says is checked as if it had been sent to the API. What an
// archive names by key is looked for by name, so that it may also be what was there before. One thread at a time.
// Inside the room only.
#pragma once

#include <functional>
#include <set>

#include "registry/exchange/lines.h"
#include "registry/inspector.h"
#include "registry/registry.h"

namespace souk::registry {

class Applier {
 public:
  // `has_blob`: whether the archive brought these bytes, and how many: nothing else is linked.
  struct Rooms {
    store::Store& store;
    events::Log& events;
    access::Access& access;
    artifacts::Artifacts& artifacts;
    Inspector& inspector;
    std::function<Result<std::optional<std::int64_t>>(const Digest&)> has_blob;
  };
  Applier(Rooms rooms, NamespaceId ns, std::string slug, access::Call call)
      : r_(std::move(rooms)), namespace_id_(ns), namespace_(std::move(slug)), call_(std::move(call)) {}

  // Errors: invalid_argument
  static Status check(const Line& line);
  // Another object has the name of the first line's, or its external id. Not the very one that it names.
  Result<bool> name_is_taken(const Line& first);
  // A whole part: what is to be done before the transaction, and the transaction, of which `also` is a part.
  // Errors: invalid_argument, not_found (a reference), already_exists
  Status apply(const std::string& unit, std::string_view text, const std::function<Status(store::Tx&)>& also);

 private:
  struct Seen {
    std::string media_type, bytes;
    artifacts::Manifest parsed;
    std::optional<ModelVersion> facts;  // of one that a version is sealed with
  };
  using Known = std::map<std::string, std::int64_t>;

  Status prepare(const std::string& slug, std::string_view text);
  Status link(const artifacts::Repository& repository, const artifacts::Manifest& manifest);
  Status apply(store::Tx& tx, const std::string& unit, const Line& line);
  Status model(store::Tx& tx, const Line& line);
  Status version(store::Tx& tx, const Line& line);
  Status manifest(store::Tx& tx, const std::string& slug, const Line& line);
  Status alias(store::Tx& tx, const std::string& slug, const Line& line);
  Status points(store::Tx& tx, const Line& line);
  Status edge(store::Tx& tx, const Line& line);
  template <class T>
  Status record(store::Tx& tx, const Line& line);
  Status artifact(store::Tx& tx, const Line& line);
  Status tell(store::Tx& tx, std::string_view kind, std::int64_t id, const std::string& name);

  // The id of what a key means; none: it is not here.
  Result<std::optional<std::int64_t>> find(store::Tx& tx, const std::string& key);
  Result<std::int64_t> need_ref(store::Tx& tx, const Line& line, const char* column);
  Result<std::optional<std::int64_t>> ref(store::Tx& tx, const Line& line, const char* column);
  Result<std::int64_t> model_id(store::Tx& tx, const std::string& slug);

  Rooms r_;
  const NamespaceId namespace_id_;
  const std::string namespace_;
  const access::Call call_;
  std::map<Digest, Seen> seen_;  // of the part at hand
  Known known_;                  // of what was applied so far
  Known fresh_;                  // of the transaction at hand
};

}  // namespace souk::registry
