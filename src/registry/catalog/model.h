// SPDX-License-Identifier: Apache-2.0
//
// What a catalogue holds: models with their artifacts, MCP servers with their tools, and the sources that they come
// from. All of it is in memory, immutable, made of files and of other servers; ids follow from source and name, so
// that they are the same on every node and after every reload. Source: kubeflow/model-registry, catalog.yaml.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/model.h"
#include "base/json.h"
#include "base/time.h"
#include "store/lists/matcher.h"

namespace souk::registry {

struct CatalogEntry {
  std::int64_t id = 0;
  std::string name;
  std::string json;    // an object, as the contract shows it
  store::Facts facts;  // what filters and orders read
};

struct CatalogArtifact : CatalogEntry {
  bool is_metrics = false;
  bool is_performance = false;     // metrics of that type
  std::string held;                // bytes of this server: "namespace/model@sha256:…"; `json` has no uri then
  json::Raw properties{"{}"};      // key → value
  std::string json_without_these;  // `json` as it begins, up to customProperties
};

struct CatalogModel : CatalogEntry {
  std::string source;
  std::vector<CatalogArtifact> artifacts;
  std::optional<access::ResourceRef> resource;  // a model of this server: shown to those who may see it
  std::string words;                            // what a search looks through, in small letters
};

struct McpServer : CatalogEntry {
  std::string source;
  std::vector<CatalogEntry> tools;
  std::string words;
};

enum class CatalogAsset { models, mcp_servers };
enum class SourceStatus { available, partially_available, error, disabled };

struct CatalogSource {
  std::string id, name;
  bool enabled = true;
  CatalogAsset asset = CatalogAsset::models;
  std::vector<std::string> labels, included, excluded;
  SourceStatus status = SourceStatus::available;
  std::string error;
};

// Of one source: all that could be read, and why the rest could not.
struct LoadedSource {
  std::vector<std::shared_ptr<const CatalogModel>> models;
  std::vector<std::shared_ptr<const McpServer>> servers;
  std::vector<std::string> left_out;  // by the source's globs
  std::size_t broken = 0;
  std::string error;  // the first; with nothing read: why

  bool empty() const { return models.empty() && servers.empty(); }
  void fail(const Error& why) {
    ++broken;
    if (error.empty()) error = why.describe();
  }
};

using NamedQuery = std::map<std::string, std::string>;  // field → {"operator", "value"} as JSON

// Everything, at one moment.
struct CatalogSnapshot {
  std::vector<CatalogSource> sources;
  std::vector<std::shared_ptr<const CatalogModel>> models;
  std::vector<std::shared_ptr<const McpServer>> servers;
  std::vector<std::map<std::string, std::string>> labels;
  std::map<std::string, NamedQuery> named_queries;

  const CatalogSource* source(std::string_view id) const;
};

// Errors of everything below: invalid_argument.
std::int64_t catalog_id(std::string_view kind, std::string_view source, std::string_view name);

}  // namespace souk::registry
