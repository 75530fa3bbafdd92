// SPDX-License-Identifier: Apache-2.0
//
// sources.yaml: lists of sources under `model_catalogs` (or `catalogs`) and `mcp_catalogs`, `labels`, `namedQueries`.
// Each part is read by itself: one that is wrong takes nothing else down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/catalog/model.h"
#include "registry/catalog/settings.h"

namespace souk::registry {

// What a source needs to know of its own type; of other types it is left empty.
struct SourceProperties {
  std::optional<std::string> yamlCatalogPath;                                 // yaml
  std::optional<std::string> url, apiKey, apiKeyEnvVar, allowedOrganization;  // hf
  std::optional<std::int64_t> modelLimit, maxModels;
  std::optional<std::string> syncInterval;
};
BOOST_DESCRIBE_STRUCT(SourceProperties, (),
                      (yamlCatalogPath, url, apiKey, apiKeyEnvVar, allowedOrganization, modelLimit, maxModels,
                       syncInterval))

struct SourceConfig {
  CatalogSource source;  // with its error, when the configuration is wrong
  std::string type;      // yaml, hf, souk
  SourceProperties properties;
  std::string mark;  // of all of it: a source whose configuration is the same need not be loaded again
};

struct SourcesFile {
  std::vector<SourceConfig> sources;
  std::vector<std::map<std::string, std::string>> labels;
  std::map<std::string, NamedQuery> named_queries;
  std::string error;  // the first thing wrong that belongs to no source
};

// Errors: invalid_argument (no YAML, too large)
Result<SourcesFile> read_sources(std::string_view yaml);
// One source alone, for a preview: it needs neither id nor name. Errors: invalid_argument
Result<SourceConfig> read_source_config(std::string_view yaml);

// "a field op value AND …" of a named query, for a filter. Errors: invalid_argument
Result<std::string> filter_of(const NamedQuery& query);

}  // namespace souk::registry
