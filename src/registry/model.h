// SPDX-License-Identifier: Apache-2.0
//
// Registered models, their versions and aliases, as the rest of souk sees them.
//
// A version has a number (1, 2, 3…), a name (an all-digit name equals its number) and two independent facts:
// sealed_digest (absent: still open; sealing freezes bytes and signature, nothing else) and its state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/model.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "registry/signature.h"

namespace souk::registry {

BOOST_DEFINE_ENUM_CLASS(State, LIVE, ARCHIVED)

struct RegisteredModel {
  ModelId id;
  std::string uid;
  NamespaceId namespace_id;
  std::string slug;
  std::string name;
  std::string description;
  std::string readme;
  std::string owner;
  State state = State::LIVE;
  std::optional<std::string> external_id;  // unique in the namespace
  std::string maturity, provider, logo, license, license_link, library_name;
  json::Raw language{"[]"}, tasks{"[]"};  // lists of texts
  json::Raw tags{"{}"};                   // string → string
  json::Raw custom_properties{"{}"};      // string → any JSON value
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;  // grows with each change: the ETag

  access::ResourceRef resource() const { return {access::ObjectKind::MODEL, id.value, namespace_id, "model " + slug}; }
};
BOOST_DESCRIBE_STRUCT(RegisteredModel, (),
                      (id, uid, namespace_id, slug, name, description, readme, owner, state, external_id, maturity,
                       provider, logo, license, license_link, library_name, language, tasks, tags, custom_properties,
                       create_time, update_time, revision))

struct ModelVersion {
  VersionId id;
  std::string uid;
  ModelId model_id;
  std::int64_t number = 0;
  std::string name;
  std::string description;
  std::string author;
  State state = State::LIVE;
  std::optional<std::string> external_id;  // unique among the versions of the namespace
  std::optional<std::string> uri;          // foreign bytes; such a version stays open until imported
  std::optional<Digest> sealed_digest;
  std::string format;
  std::string runtime;
  std::string missing;  // why no runtime runs it
  std::int64_t size_bytes = 0;
  std::optional<json::Raw> signature;    // a Signature
  std::optional<json::Raw> declaration;  // souk.yaml as JSON
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::optional<Time> seal_time;
  std::int64_t revision = 1;
};
BOOST_DESCRIBE_STRUCT(ModelVersion, (),
                      (id, uid, model_id, number, name, description, author, state, external_id, uri, sealed_digest,
                       format, runtime, missing, size_bytes, signature, declaration, custom_properties, create_time,
                       update_time, seal_time, revision))

struct Alias {
  ModelId model_id;
  std::string name;
  VersionId version_id;
  std::int64_t version = 0;
  std::optional<Digest> digest;
  std::string actor;
  Time update_time;
};
BOOST_DESCRIBE_STRUCT(Alias, (), (model_id, name, version_id, version, digest, actor, update_time))

struct AliasChange {
  std::optional<std::int64_t> version;  // absent: removed
  std::string actor;
  Time time;
};
BOOST_DESCRIBE_STRUCT(AliasChange, (), (version, actor, time))

// "default/digits@champion", "digits:2", "default/digits@sha256:…", "digits" (latest).
struct Reference {
  std::string namespace_;  // empty: the call's
  std::string model;
  std::string version;  // number, name or "latest"
  std::string alias;
  std::optional<Digest> digest;

  std::string string() const;
  // Errors: invalid_argument
  static Result<Reference> parse(std::string_view text);
};

// distribution-spec's tag: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
bool is_tag(std::string_view text);
bool is_all_digits(std::string_view text);

}  // namespace souk::registry
