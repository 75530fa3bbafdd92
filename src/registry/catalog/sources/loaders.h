// SPDX-License-Identifier: Apache-2.0
//
// What each type of source holds. A loader gives what it could read and says why the rest is not there; it never
// throws the whole catalogue away. All block: disk, network or database.
#pragma once

#include <stop_token>
#include <string>

#include "net/client/address_guard.h"
#include "registry/catalog/model.h"
#include "registry/catalog/settings.h"
#include "registry/catalog/sources/sources_file.h"
#include "registry/registry.h"

namespace souk::registry {

// `models:` or `mcp_servers:` of a YAML file.
LoadedSource load_catalog_text(const SourceConfig& config, std::string_view yaml, const CatalogSettings& settings);
// The file is inside `folder`.
LoadedSource load_catalog_file(const SourceConfig& config, const std::string& folder, const CatalogSettings& settings);

struct HubReach {
  const net::AddressGuard& guard;
  std::string ca_file;
  bool may_read_environment = true;  // apiKeyEnvVar: for what an operator wrote
  std::stop_token stop = {};
};
// A hub of Hugging Face's API: `/api/models`.
LoadedSource load_hub(const SourceConfig& config, const HubReach& reach, const CatalogSettings& settings);

// The models that everyone may see.
LoadedSource load_own_models(const SourceConfig& config, store::Store& store, Registry& registry,
                             access::Access& access, const CatalogSettings& settings);

}  // namespace souk::registry
