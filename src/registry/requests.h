// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the registry, and what it answers beside its objects (model.h). Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "base/digest.h"
#include "base/json.h"
#include "registry/model.h"
#include "store/lists/listing.h"

namespace souk::registry {

using AuthorizedModel = access::Authorized<RegisteredModel>;
using AuthorizedNamespace = access::Authorized<access::NamespaceRef>;

struct NewModel {
  std::string name;
  std::string slug;  // empty: from the name
  std::string description, readme, owner;
  json::Raw tags{"{}"}, custom_properties{"{}"};
  std::optional<std::string> external_id;
  std::string maturity, provider, logo, license, license_link, library_name;
  std::vector<std::string> language, tasks;
  State state = State::LIVE;
};
BOOST_DESCRIBE_STRUCT(NewModel, (),
                      (name, slug, description, readme, owner, tags, custom_properties, external_id, maturity, provider,
                       logo, license, license_link, library_name, language, tasks, state))
struct ModelPatch {
  json::Patch<std::string> name, description, readme, owner;
  json::Patch<State> state;
  json::Patch<json::Raw> tags, custom_properties;
  json::Patch<std::string> external_id, maturity, provider, logo, license, license_link, library_name;
  json::Patch<std::vector<std::string>> language, tasks;
  bool replace_properties = false;  // custom_properties are all there are to be, not a merge patch
};
struct NewVersion {
  std::string name;  // empty: the number
  std::string description, author;
  std::optional<std::string> uri;
  json::Raw custom_properties{"{}"};
  std::optional<std::string> external_id;
  State state = State::LIVE;
};
BOOST_DESCRIBE_STRUCT(NewVersion, (), (name, description, author, uri, custom_properties, external_id, state))
struct VersionPatch {
  json::Patch<std::string> name, description, author;
  json::Patch<State> state;
  json::Patch<json::Raw> custom_properties;
  json::Patch<std::string> external_id;
  bool replace_properties = false;  // as ModelPatch
};

using store::ListQuery;  // store/lists/listing.h
using store::Page;

// Its readme and logo are left empty unless the whole is asked for.
struct ListedModel : RegisteredModel {
  std::string namespace_;  // slug
};

// What other rows say of a model.
struct ModelSummary {
  std::int64_t version_count = 0;
  std::optional<ModelVersion> latest;
  std::vector<Alias> aliases;
};

struct VersionOfModel {
  AuthorizedModel model;
  ModelVersion version;
};

struct Pushed {
  Digest digest;
  std::optional<ModelVersion> version;  // absent: a referrer, or a push by digest
  bool created = false;
};

}  // namespace souk::registry
