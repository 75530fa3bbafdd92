// SPDX-License-Identifier: Apache-2.0
//
// The catalogue: models and MCP servers from the sources that sources.yaml names. Each node holds it in memory and
// makes it anew when a file, a hub or what is public here changed; a source that fails keeps what it last had, says so,
// and takes nothing else down. Models of this server are shown to those who may see them. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/client/address_guard.h"
#include "registry/catalog/find.h"
#include "registry/catalog/latency.h"
#include "registry/catalog/model.h"
#include "registry/catalog/settings.h"
#include "registry/registry.h"

namespace souk::registry {

// Items stay as long as the page.
template <class T>
struct CatalogPage {
  std::vector<std::shared_ptr<const T>> items;
  std::string next_page_token;
};

struct Preview {
  std::string name;
  bool included = false;
};

class Catalog {
 public:
  // `guard` says where hubs may be, `ca_file` whom to trust there.
  Catalog(CatalogSettings settings, net::AddressGuard guard, std::string ca_file, store::Store& store,
          events::Log& events, access::Access& access, Registry& registry, Logger& log);
  ~Catalog();
  // Returns once what lies in files was read; hubs follow. Errors: the database's
  Status start();
  void stop();

  // Errors of lists: invalid_argument (filter, order, token)
  Result<CatalogPage<CatalogModel>> models(const access::Call& call, const CatalogQuery& query,
                                           const LatencyQuery& latency) const;
  // Errors: not_found
  Result<std::shared_ptr<const CatalogModel>> model(const access::Call& call, std::string_view source,
                                                    std::string_view name) const;
  // `types`: model-artifact, metrics-artifact; empty: all.
  Result<CatalogPage<CatalogArtifact>> artifacts(const std::shared_ptr<const CatalogModel>& model,
                                                 const CatalogQuery& query,
                                                 const std::vector<std::string>& types) const;
  Result<CatalogPage<CatalogArtifact>> performance(const std::shared_ptr<const CatalogModel>& model,
                                                   const CatalogQuery& query, const LatencyQuery& latency) const;
  std::string model_options(const access::Call& call) const;

  // `name` is a pattern of LIKE; `named` one of the named queries. Errors: invalid_argument too
  Result<CatalogPage<McpServer>> servers(const CatalogQuery& query, const std::string& name,
                                         const std::string& named) const;
  Result<std::shared_ptr<const McpServer>> server(std::string_view id) const;
  Result<CatalogPage<CatalogEntry>> tools(const std::shared_ptr<const McpServer>& server,
                                          const CatalogQuery& query) const;
  Result<std::shared_ptr<const CatalogEntry>> tool(const std::shared_ptr<const McpServer>& server,
                                                   std::string_view name) const;
  std::string server_options() const;

  Result<CatalogPage<CatalogSource>> sources(const CatalogQuery& query, const std::string& name,
                                             std::optional<CatalogAsset> asset) const;
  using Label = std::map<std::string, std::string>;
  Result<CatalogPage<Label>> labels(const CatalogQuery& query, CatalogAsset asset) const;

  // What a source would hold: `config` as in sources.yaml, `data` a catalogue's file instead of the one it names. Reads
  // this server's files and asks hubs, so only for who may MANAGE everywhere. Errors: permission_denied,
  // invalid_argument, and why the source cannot be read
  Result<std::vector<Preview>> preview(const access::Call& call, std::string_view config,
                                       const std::optional<std::string_view>& data) const;
  Result<CatalogPage<Preview>> preview_page(const std::vector<Preview>& all, const CatalogQuery& query) const;

  // Grows whenever what is held here, or the state of a source, became another.
  std::int64_t generation() const;
  // Looks at everything at once, hubs left out; `start` does it all the time.
  void refresh();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::registry
