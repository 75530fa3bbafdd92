// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/catalog/entries.h"
#include "registry/catalog/parts.h"

namespace souk::registry {

namespace {

using namespace parts;

Status check_variables(std::optional<std::vector<cards::Variable>>& variables) {
  static constexpr std::string_view kTypes[] = {"string", "int", "boolean", "secret", "config"};
  if (!variables) return {};
  for (cards::Variable& one : *variables) {
    SOUK_TRY(to_text(one.defaultValue, "defaultValue"));
    SOUK_TRY(to_text(one.example, "example"));
    if (one.type && std::ranges::find(kTypes, *one.type) == std::end(kTypes))
      return invalid_argument("type: expected string, int, boolean, secret or config").at("type");
  }
  return {};
}

Status check_runtime(cards::Runtime& runtime) {
  if (runtime.defaultPort && (*runtime.defaultPort < 1 || *runtime.defaultPort > 65535))
    return invalid_argument("expected 1 to 65535").at("runtimeMetadata.defaultPort");
  SOUK_TRY(check_variables(runtime.requiredEnvironmentVariables));
  SOUK_TRY(check_variables(runtime.optionalEnvironmentVariables));
  if (runtime.prerequisites) SOUK_TRY(check_variables(runtime.prerequisites->environmentVariables));
  if (!runtime.recommendedResources) return {};
  cards::Resources& resources = *runtime.recommendedResources;
  for (auto* amount : {&resources.minimal, &resources.recommended, &resources.high}) {
    if (!*amount) continue;
    SOUK_TRY(to_text((*amount)->cpu, "cpu"));
    SOUK_TRY(to_text((*amount)->memory, "memory"));
  }
  return {};
}
Result<CatalogEntry> tool_of(const McpServer& server, json::Value value) {
  auto card = SOUK_TRY(read_card<cards::Tool>(value));
  CatalogEntry out;
  SOUK_TRY(begin_entry(out, card));
  // What is not known to be less may do everything.
  if (!card.accessType) card.accessType = cards::AccessType::execute;
  give_id(out, catalog_id("tool", std::to_string(server.id), out.name));
  out.facts.add("accessType", std::string(json::enum_name(*card.accessType)));
  out.facts.sort();
  out.json = shown(out, "", card);
  return out;
}

void add_security(store::Facts& facts, const cards::Security& security) {
  const auto add = [&](const char* name, const cards::Flag& flag) {
    if (flag) facts.add(name, *flag);
  };
  add("securityIndicators.verifiedSource", security.verifiedSource);
  add("securityIndicators.secureEndpoint", security.secureEndpoint);
  add("securityIndicators.sast", security.sast);
  add("securityIndicators.readOnlyTools", security.readOnlyTools);
}

// The indicators may stand among the custom properties too.
void adopt_security(cards::Server& card, const json::Raw& properties) {
  const Result<json::Document> document = json::Document::parse(properties.text);
  if (!document) return;
  cards::Security security = card.securityIndicators.value_or(cards::Security());
  bool any = card.securityIndicators.has_value();
  for (auto [name, flag] : {std::pair{"verifiedSource", &security.verifiedSource},
                            {"secureEndpoint", &security.secureEndpoint},
                            {"sast", &security.sast},
                            {"readOnlyTools", &security.readOnlyTools}}) {
    const auto found = document->root().find(name);
    if (*flag || !found || found->kind() != json::Kind::boolean) continue;
    *flag = found->boolean();
    any = true;
  }
  if (any) card.securityIndicators = security;
}

Status read_tools(McpServer& server, json::Value value) {
  const auto tools = value.find("tools");
  if (!tools || tools->kind() == json::Kind::null) return {};
  if (tools->kind() != json::Kind::array) return invalid_argument("expected a list").at("tools");
  return tools->each_element([&](json::Value one) -> Status {
    CatalogEntry tool = SOUK_TRY(about(one, tool_of(server, one)));
    if (std::ranges::find(server.tools, tool.name, &CatalogEntry::name) != server.tools.end())
      return invalid_argument("the tool " + access::as_shown(tool.name) + " stands twice");
    server.tools.push_back(std::move(tool));
    return {};
  });
}

Result<McpServer> server_of(std::string_view source, json::Value value) {
  auto card = SOUK_TRY(read_card<cards::Server>(value));
  McpServer out;
  out.source = source;
  const json::Raw properties = SOUK_TRY(begin_entry(out, card));
  adopt_security(card, properties);
  SOUK_TRY(to_text(card.version, "version"));
  if (card.artifacts) {
    for (cards::ServerArtifact& one : *card.artifacts) {
      SOUK_TRY(time_of(one.createTimeSinceEpoch, "createTimeSinceEpoch"));
      SOUK_TRY(time_of(one.lastUpdateTimeSinceEpoch, "lastUpdateTimeSinceEpoch"));
    }
  }
  for (const cards::Text* date : {&card.publishedDate, &card.lastUpdated})
    if (*date && !parse_rfc3339(**date)) return invalid_argument("expected a time such as 2026-11-21T10:00:00Z");
  if (card.runtimeMetadata) SOUK_TRY(check_runtime(*card.runtimeMetadata));
  give_id(out, catalog_id("server", source, out.name));
  SOUK_TRY(read_tools(out, value));
  store::Facts& facts = out.facts;
  facts.add("source_id", out.source);
  add_text(facts, "provider", card.provider);
  add_text(facts, "license", card.license);
  add_texts(facts, "tags", card.tags);
  if (card.version) facts.add("version", SOUK_TRY(json::read<std::string>(card.version->text)));
  if (card.deploymentMode) facts.add("deploymentMode", std::string(json::enum_name(*card.deploymentMode)));
  if (card.transports)
    for (const cards::Transport one : *card.transports) facts.add("transports", std::string(json::enum_name(one)));
  facts.add("toolCount", static_cast<std::int64_t>(out.tools.size()));
  if (card.securityIndicators) add_security(facts, *card.securityIndicators);
  facts.sort();
  append_words(out.words, out.name);
  for (const cards::Text* text : {&card.description, &card.provider})
    if (*text) append_words(out.words, **text);
  out.json = shown(out, source, card, "\"toolCount\":" + std::to_string(out.tools.size()) + ",");
  return out;
}
}  // namespace

Result<McpServer> read_server(std::string_view source, json::Value value) {
  return about(value, server_of(source, value));
}
}  // namespace souk::registry
