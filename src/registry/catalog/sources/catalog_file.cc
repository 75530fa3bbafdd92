// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>

#include "access/access.h"
#include "base/yaml.h"
#include "registry/catalog/entries.h"
#include "registry/catalog/sources/files.h"
#include "registry/catalog/sources/globs.h"
#include "registry/catalog/sources/loaders.h"

namespace souk::registry {

namespace {

// At most so much JSON of so much YAML, aliases written out.
constexpr std::size_t kExpansion = 4;

class FileReader {
 public:
  FileReader(const SourceConfig& config, const CatalogSettings& settings) : config_(config), settings_(settings) {}

  LoadedSource read(std::string_view yaml) {
    if (const Status read = read_document(yaml); !read) out_.fail(read.error());
    return std::move(out_);
  }

 private:
  Status read_document(std::string_view yaml) {
    const std::size_t bytes = settings_.max_file.count;
    const json::Raw raw =
        SOUK_TRY(yaml::to_json(yaml, {.bytes = bytes, .expanded = bytes * kExpansion, .depth = 32, .aliases = 1000}));
    const json::Document document = SOUK_TRY(json::Document::parse(raw.text));
    const bool models = config_.source.asset == CatalogAsset::models;
    const char* name = models ? "models" : "mcp_servers";
    const auto list = document.root().kind() == json::Kind::object ? document.root().find(name) : std::nullopt;
    if (!list || list->kind() != json::Kind::array)
      return invalid_argument(std::string("the file has no list `") + name + "`");
    return list->each_element([&](json::Value one) -> Status {
      if (out_.models.size() + out_.servers.size() >= static_cast<std::size_t>(settings_.max_models))
        return resource_exhausted("the file has more entries than catalog.max_models; the rest is left out");
      if (const Status added = models ? add_model(one) : add_server(one); !added) out_.fail(added.error());
      return {};
    });
  }

  // False: left out.
  Result<bool> wanted(const std::string& name) {
    if (!names_.insert(name).second) return invalid_argument(access::as_shown(name) + " stands twice in the source");
    if (takes(name, config_.source.included, config_.source.excluded)) return true;
    out_.left_out.push_back(name);
    return false;
  }

  Status add_model(json::Value value) {
    CatalogModel model = SOUK_TRY(read_model(config_.source.id, value));
    if (!SOUK_TRY(wanted(model.name))) return {};
    const auto artifacts = value.find("artifacts");
    if (artifacts && artifacts->kind() == json::Kind::array) {
      std::size_t place = 0;
      SOUK_TRY(artifacts->each_element([&](json::Value one) -> Status {
        add_artifact(model, SOUK_TRY(read_artifact(model, place++, one)));
        return {};
      }));
    }
    seal(model);
    out_.models.push_back(std::make_shared<const CatalogModel>(std::move(model)));
    return {};
  }

  Status add_server(json::Value value) {
    McpServer server = SOUK_TRY(read_server(config_.source.id, value));
    if (SOUK_TRY(wanted(server.name))) out_.servers.push_back(std::make_shared<const McpServer>(std::move(server)));
    return {};
  }

  const SourceConfig& config_;
  const CatalogSettings& settings_;
  LoadedSource out_;
  std::unordered_set<std::string> names_;
};

}  // namespace

LoadedSource load_catalog_text(const SourceConfig& config, std::string_view yaml, const CatalogSettings& settings) {
  return FileReader(config, settings).read(yaml);
}

LoadedSource load_catalog_file(const SourceConfig& config, const std::string& folder, const CatalogSettings& settings) {
  LoadedSource failed;
  const auto path = path_inside(folder, config.properties.yamlCatalogPath.value_or(""));
  if (!path) {
    failed.fail(path.error());
    return failed;
  }
  const auto text = read_whole(*path, settings.max_file.count);
  if (!text) {
    failed.fail(text.error());
    return failed;
  }
  return load_catalog_text(config, *text, settings);
}

}  // namespace souk::registry
