// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/catalog.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "access/access.h"
#include "registry/catalog/keeper.h"
#include "registry/catalog/sources/files.h"
#include "registry/catalog/sources/globs.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMostWords = 500;
constexpr std::size_t kMostFilterValues = 200;

using Snapshot = std::shared_ptr<const CatalogSnapshot>;

bool may_see(const access::Call& call, const CatalogModel& model) {
  return !model.resource || (call.principal && call.principal->may(access::Role::READER, *model.resource));
}

Status check_query(const CatalogQuery& query) {
  if (query.words.size() > kMostWords) return invalid_argument("q is longer than 500 bytes").at("q");
  if (query.sources.size() > kMostFilterValues) return invalid_argument("source has more than 200 values").at("source");
  if (query.labels.size() > kMostFilterValues)
    return invalid_argument("sourceLabel has more than 200 values").at("sourceLabel");
  return {};
}

// The ids of sources that a query means.
std::set<std::string, std::less<>> sources_of(const CatalogSnapshot& snapshot, const CatalogQuery& query) {
  std::set<std::string, std::less<>> out;
  const auto names = [](const std::vector<std::string>& list, std::string_view one) {
    return std::ranges::find(list, one) != list.end();
  };
  for (const CatalogSource& source : snapshot.sources) {
    if (!query.sources.empty() && !names(query.sources, source.id)) continue;
    const bool labelled = query.labels.empty() || (source.labels.empty() && names(query.labels, "null")) ||
                          std::ranges::any_of(source.labels, [&](const auto& one) { return names(query.labels, one); });
    if (labelled) out.insert(source.id);
  }
  return out;
}

// The page of some of the snapshot's objects. `wanted`: whether one is in the list.
template <class T, class Wanted, class Key>
Result<CatalogPage<T>> page_of(const std::vector<std::shared_ptr<const T>>& all, const CatalogQuery& query,
                               std::string_view scope, std::string_view token_key, Wanted&& wanted, Key&& key) {
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (wanted(*all[i])) ranked.push_back({key(*all[i]), all[i]->id, i});
  Picked picked = SOUK_TRY(pick(std::move(ranked), query, scope, token_key));
  CatalogPage<T> out{{}, std::move(picked.next_page_token)};
  for (const std::size_t index : picked.indices) out.items.push_back(all[index]);
  return out;
}

// Parts of an object that stay with it.
template <class T, class Whole>
std::vector<std::shared_ptr<const T>> parts_of(const std::shared_ptr<const Whole>& whole, const std::vector<T>& parts) {
  std::vector<std::shared_ptr<const T>> out;
  out.reserve(parts.size());
  for (const T& part : parts) out.emplace_back(whole, &part);
  return out;
}

Error no_source(std::string_view id) {
  return not_found("the catalogue has no source " + access::as_shown(id));
}

}  // namespace

struct Catalog::State {
  State(CatalogSettings settings, net::AddressGuard guard, std::string ca_file, store::Store& store,
        events::Log& events, access::Access& access, Registry& registry, Logger& log)
      : access(access),
        keeper(std::move(settings), std::move(guard), std::move(ca_file), store, events, access, registry, log) {}

  access::Access& access;
  Keeper keeper;
};

Catalog::Catalog(CatalogSettings settings, net::AddressGuard guard, std::string ca_file, store::Store& store,
                 events::Log& events, access::Access& access, Registry& registry, Logger& log)
    : state_(std::make_unique<State>(std::move(settings), std::move(guard), std::move(ca_file), store, events, access,
                                     registry, log)) {}

Catalog::~Catalog() {
  stop();
}

Status Catalog::start() {
  return state_->keeper.start();
}

void Catalog::stop() {
  state_->keeper.stop();
}

void Catalog::refresh() {
  state_->keeper.refresh();
}

std::int64_t Catalog::generation() const {
  return state_->keeper.generation();
}

Result<CatalogPage<CatalogModel>> Catalog::models(const access::Call& call, const CatalogQuery& query,
                                                  const LatencyQuery& latency) const {
  SOUK_TRY(check_query(query));
  const store::Matcher matches = SOUK_TRY(matcher_of(query.filter, model_filters()));
  const KeyOf order = SOUK_TRY(order_of(query, Orders::models));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  const Snapshot snapshot = state_->keeper.snapshot();
  const auto sources = sources_of(*snapshot, query);
  std::string scope = "catalog models";
  if (latency.recommendations) scope += " by " + latency.latency + " " + std::to_string(latency.target_rps.value_or(0));
  return page_of(
      snapshot->models, query, scope, token_key,
      [&](const CatalogModel& model) {
        return sources.contains(model.source) && has_words(model.words, query.words) && matches(model.facts) &&
               may_see(call, model);
      },
      [&](const CatalogModel& model) {
        if (!latency.recommendations) return order(model);
        const auto least = least_latency(model, latency);
        return least ? key_of(*least) : SortKey();
      });
}

Result<std::shared_ptr<const CatalogModel>> Catalog::model(const access::Call& call, std::string_view source,
                                                           std::string_view name) const {
  const Snapshot snapshot = state_->keeper.snapshot();
  if (snapshot->source(source) == nullptr) return no_source(source);
  const auto found = std::ranges::find_if(snapshot->models, [&](const auto& model) {
    return model->name == name && model->source == source && may_see(call, *model);
  });
  if (found == snapshot->models.end())
    return not_found("the source " + access::as_shown(source) + " has no model " + access::as_shown(name));
  return *found;
}

Result<CatalogPage<CatalogArtifact>> Catalog::artifacts(const std::shared_ptr<const CatalogModel>& model,
                                                        const CatalogQuery& query,
                                                        const std::vector<std::string>& types) const {
  const store::Matcher matches = SOUK_TRY(matcher_of(query.filter, artifact_filters()));
  const KeyOf order = SOUK_TRY(order_of(query, Orders::artifacts));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  std::string scope = "catalog artifacts " + std::to_string(model->id);
  for (const std::string& type : types) scope += " " + type;
  return page_of(
      parts_of(model, model->artifacts), query, scope, token_key,
      [&](const CatalogArtifact& one) {
        const std::string_view type = one.is_metrics ? "metrics-artifact" : "model-artifact";
        return (types.empty() || std::ranges::find(types, type) != types.end()) && matches(one.facts);
      },
      order);
}

Result<CatalogPage<CatalogArtifact>> Catalog::performance(const std::shared_ptr<const CatalogModel>& model,
                                                          const CatalogQuery& query,
                                                          const LatencyQuery& latency) const {
  const store::Matcher matches = SOUK_TRY(matcher_of(query.filter, artifact_filters()));
  const KeyOf order = SOUK_TRY(order_of(query, Orders::artifacts));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  std::vector<std::shared_ptr<const CatalogArtifact>> all;
  for (const CatalogArtifact& one : model->artifacts) {
    if (!one.is_performance) continue;
    auto shown = std::make_shared<const CatalogArtifact>(with_replicas(one, latency));
    if (matches(shown->facts)) all.push_back(std::move(shown));
  }
  if (latency.recommendations) {
    std::vector<const CatalogArtifact*> plain;
    for (const auto& one : all) plain.push_back(one.get());
    std::vector<std::shared_ptr<const CatalogArtifact>> best;
    for (const std::size_t index : recommended(plain, latency)) best.push_back(all[index]);
    all = std::move(best);
  }
  const std::string scope = "catalog performance " + std::to_string(model->id) +
                            (latency.recommendations ? " recommended " : " ") +
                            std::to_string(latency.target_rps.value_or(0));
  return page_of(
      all, query, scope, token_key, [](const CatalogArtifact&) { return true; }, order);
}

std::string Catalog::model_options(const access::Call& call) const {
  const Snapshot snapshot = state_->keeper.snapshot();
  std::vector<const CatalogEntry*> seen;
  for (const auto& model : snapshot->models)
    if (may_see(call, *model)) seen.push_back(model.get());
  return filter_options(seen, {"provider", "license", "libraryName", "maturity", "language", "tasks"},
                        snapshot->named_queries);
}

Result<CatalogPage<McpServer>> Catalog::servers(const CatalogQuery& query, const std::string& name,
                                                const std::string& named) const {
  SOUK_TRY(check_query(query));
  const store::Matcher matches = SOUK_TRY(matcher_of(query.filter, server_filters()));
  const KeyOf order = SOUK_TRY(order_of(query, Orders::usual));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  const Snapshot snapshot = state_->keeper.snapshot();
  std::string also;
  if (!named.empty()) {
    const auto found = snapshot->named_queries.find(named);
    if (found == snapshot->named_queries.end())
      return invalid_argument("there is no named query " + access::as_shown(named)).at("namedQuery");
    also = SOUK_TRY(filter_of(found->second));
  }
  const store::Matcher as_named = SOUK_TRY(matcher_of(also, server_filters()));
  const auto sources = sources_of(*snapshot, query);
  return page_of(
      snapshot->servers, query, "catalog servers " + name + '\0' + named, token_key,
      [&](const McpServer& server) {
        return sources.contains(server.source) && (name.empty() || store::like(server.name, name, true)) &&
               has_words(server.words, query.words) && matches(server.facts) && as_named(server.facts);
      },
      order);
}

Result<std::shared_ptr<const McpServer>> Catalog::server(std::string_view id) const {
  std::int64_t number = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
  const Snapshot snapshot = state_->keeper.snapshot();
  const auto found = std::ranges::find_if(snapshot->servers, [&](const auto& one) { return one->id == number; });
  const bool is_id = read.ec == std::errc() && read.ptr == id.data() + id.size();
  if (!is_id || found == snapshot->servers.end())
    return not_found("the catalogue has no MCP server " + access::as_shown(id));
  return *found;
}

Result<CatalogPage<CatalogEntry>> Catalog::tools(const std::shared_ptr<const McpServer>& server,
                                                 const CatalogQuery& query) const {
  const store::Matcher matches = SOUK_TRY(matcher_of(query.filter, tool_filters()));
  const KeyOf order = SOUK_TRY(order_of(query, Orders::usual));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  return page_of(
      parts_of(server, server->tools), query, "catalog tools " + std::to_string(server->id), token_key,
      [&](const CatalogEntry& tool) { return matches(tool.facts); }, order);
}

Result<std::shared_ptr<const CatalogEntry>> Catalog::tool(const std::shared_ptr<const McpServer>& server,
                                                          std::string_view name) const {
  const auto found = std::ranges::find(server->tools, name, &CatalogEntry::name);
  if (found == server->tools.end())
    return not_found("the MCP server " + access::as_shown(server->name) + " has no tool " + access::as_shown(name));
  return std::shared_ptr<const CatalogEntry>(server, &*found);
}

std::string Catalog::server_options() const {
  const Snapshot snapshot = state_->keeper.snapshot();
  std::vector<const CatalogEntry*> seen;
  for (const auto& server : snapshot->servers) seen.push_back(server.get());
  return filter_options(seen,
                        {"provider", "license", "version", "tags", "deploymentMode", "transports", "toolCount",
                         "securityIndicators.verifiedSource", "securityIndicators.secureEndpoint",
                         "securityIndicators.sast", "securityIndicators.readOnlyTools"},
                        snapshot->named_queries);
}

Result<CatalogPage<CatalogSource>> Catalog::sources(const CatalogQuery& query, const std::string& name,
                                                    std::optional<CatalogAsset> asset) const {
  SOUK_TRY(order_of(query, Orders::usual));
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  const Snapshot snapshot = state_->keeper.snapshot();
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < snapshot->sources.size(); ++i) {
    const CatalogSource& source = snapshot->sources[i];
    if (asset && source.asset != *asset) continue;
    if (!store::like(source.name, name.empty() ? "%" : name, true) && source.name != name) continue;
    // A source has no times: it keeps the order of its file there.
    const bool by_time = query.order_by.ends_with("TIME");
    ranked.push_back({by_time                    ? SortKey{.text = {}, .number = static_cast<std::int64_t>(i)}
                      : query.order_by == "NAME" ? SortKey{source.name, {}}
                                                 : SortKey{source.id, {}},
                      catalog_id("source", source.id, ""), i});
  }
  Picked picked = SOUK_TRY(pick(std::move(ranked), query, "catalog sources " + name, token_key));
  CatalogPage<CatalogSource> out{{}, std::move(picked.next_page_token)};
  for (const std::size_t index : picked.indices) out.items.emplace_back(snapshot, &snapshot->sources[index]);
  return out;
}

Result<CatalogPage<Catalog::Label>> Catalog::labels(const CatalogQuery& query, CatalogAsset asset) const {
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  const Snapshot snapshot = state_->keeper.snapshot();
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < snapshot->labels.size(); ++i) {
    const Label& label = snapshot->labels[i];
    const auto type = label.find("assetType");
    const std::string_view is = type == label.end() ? "models" : std::string_view(type->second);
    if (is != (asset == CatalogAsset::models ? "models" : "mcp_servers")) continue;
    const auto found = label.find(query.order_by);
    SortKey key;
    if (found != label.end()) key.text = found->second;
    ranked.push_back({std::move(key), static_cast<std::int64_t>(i) + 1, i});
  }
  Picked picked = SOUK_TRY(pick(std::move(ranked), query, "catalog labels", token_key));
  CatalogPage<Label> out{{}, std::move(picked.next_page_token)};
  for (const std::size_t index : picked.indices) out.items.emplace_back(snapshot, &snapshot->labels[index]);
  return out;
}

Result<std::vector<Preview>> Catalog::preview(const access::Call& call, std::string_view text,
                                              const std::optional<std::string_view>& data) const {
  SOUK_TRY(state_->access.require_everywhere(call, access::Role::ADMIN));
  SourceConfig config = SOUK_TRY(read_source_config(text));
  if (data && config.type == "yaml" && !config.properties.yamlCatalogPath) {
    config.properties.yamlCatalogPath = "uploaded";
    config.source.status = SourceStatus::available;
    config.source.error.clear();
    SOUK_TRY(check_globs(config.source.included, config.source.excluded));
  }
  if (config.source.status == SourceStatus::error)
    return failed_precondition("the source cannot be used: " + config.source.error);
  Keeper& keeper = state_->keeper;
  LoadedSource loaded;
  if (config.type == "hf") {
    loaded = load_hub(config, {keeper.guard(), keeper.ca_file(), false, call.stop}, keeper.settings());
  } else if (config.type == "souk") {
    loaded = keeper.load_own(config);
  } else if (data) {
    loaded = load_catalog_text(config, *data, keeper.settings());
  } else if (keeper.folder().empty()) {
    return failed_precondition("the server has no catalog.sources whose folder yamlCatalogPath could be in")
        .advise("upload catalogData beside config");
  } else {
    loaded = load_catalog_file(config, keeper.folder(), keeper.settings());
  }
  if (loaded.empty() && loaded.left_out.empty() && loaded.broken > 0)
    return failed_precondition("the source cannot be read: " + loaded.error);
  std::vector<Preview> out;
  for (const auto& model : loaded.models)
    if (may_see(call, *model)) out.push_back({model->name, true});
  for (const auto& server : loaded.servers) out.push_back({server->name, true});
  for (std::string& name : loaded.left_out) out.push_back({std::move(name), false});
  return out;
}

Result<CatalogPage<Preview>> Catalog::preview_page(const std::vector<Preview>& all, const CatalogQuery& query) const {
  const std::string token_key = SOUK_TRY(state_->access.page_token_key());
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < all.size(); ++i)
    ranked.push_back({SortKey{all[i].name, {}}, static_cast<std::int64_t>(i) + 1, i});
  Picked picked = SOUK_TRY(pick(std::move(ranked), query, "catalog preview", token_key));
  CatalogPage<Preview> out{{}, std::move(picked.next_page_token)};
  for (const std::size_t index : picked.indices) out.items.push_back(std::make_shared<const Preview>(all[index]));
  return out;
}

}  // namespace souk::registry
