// SPDX-License-Identifier: Apache-2.0
//
// souk catalog …, souk fetch and souk model card edit.
#pragma once

#include <string>

#include "cli/commands.h"

namespace souk::cli {

struct CommandLine;

struct CatalogOptions {
  std::string name;  // of a model: SOURCE/NAME
  std::string words;
  std::string filter;
  std::string order_by;
  std::string source;
  bool servers = false;
};

struct FetchOptions {
  std::string uri;
  std::string folder;  // empty: the model's name
  bool force = false;
};

struct CardOptions {
  std::string reference;
  std::string file;  // - is stdin; empty: an editor
};

Status catalog_list(const Context& context, const CatalogOptions& options);
Status catalog_show(const Context& context, const CatalogOptions& options);
Status catalog_sources(const Context& context);
// The bytes of what a model registry's address names.
Status fetch(const Context& context, const FetchOptions& options);
// The readme of a model, or the description of a version.
Status card_edit(const Context& context, const CardOptions& options);

// What a model-registry:// address names.
struct RegistryAddress {
  std::string host;  // empty: the server of the other commands
  std::string model;
  std::string version;  // empty: the latest
};
// "model-registry://[HOST/]MODEL[/VERSION]", a MODEL as NAMESPACE/MODEL too. A HOST has a dot or a port, or is
// localhost. Errors: invalid_argument
Result<RegistryAddress> parse_registry_address(std::string_view uri);

void add_catalog(CommandLine& line);

}  // namespace souk::cli
