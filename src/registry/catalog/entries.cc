// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/entries.h"

#include <algorithm>

#include "base/digest.h"
#include "registry/catalog/parts.h"

namespace souk::registry {

namespace {

using namespace parts;

Result<CatalogModel> model_of(std::string_view source, json::Value value) {
  auto card = SOUK_TRY(read_card<cards::Model>(value));
  CatalogModel out;
  out.source = source;
  SOUK_TRY(begin_entry(out, card));
  give_id(out, catalog_id("model", source, out.name));
  out.facts.add("source_id", out.source);
  add_text(out.facts, "maturity", card.maturity);
  add_text(out.facts, "provider", card.provider);
  add_text(out.facts, "license", card.license);
  add_text(out.facts, "licenseLink", card.licenseLink);
  add_text(out.facts, "libraryName", card.libraryName);
  add_texts(out.facts, "language", card.language);
  add_texts(out.facts, "tasks", card.tasks);
  append_words(out.words, out.name);
  for (const cards::Text* text : {&card.description, &card.provider, &card.libraryName})
    if (*text) append_words(out.words, **text);
  if (card.tasks)
    for (const std::string& task : *card.tasks) append_words(out.words, task);
  out.json = shown(out, source, card);
  return out;
}

Result<CatalogArtifact> artifact_of(const CatalogModel& model, std::string_view key, json::Value value) {
  auto named = value.kind() == json::Kind::object && !value.find("name");
  std::string text = value.raw();
  if (named) text = "{\"name\":" + json::write(std::string(key)) + (text == "{}" ? "}" : "," + text.substr(1));
  const json::Document document = SOUK_TRY(json::Document::parse(text));
  auto card = SOUK_TRY(read_card<cards::Artifact>(document.root()));
  MadeArtifact made{card.name, card.externalId.value_or(""), card.description.value_or(""), {}, {}, {}, {}, {}, {}};
  const std::string type = card.artifactType.value_or("model-artifact");
  const bool metrics = type == "metrics-artifact";
  if (!metrics && type != "model-artifact")
    return invalid_argument("expected model-artifact or metrics-artifact").at("artifactType");
  if (metrics) {
    made.metrics_type = card.metricsType.value_or("");
    if (made.metrics_type != "performance-metrics" && made.metrics_type != "accuracy-metrics")
      return invalid_argument("expected performance-metrics or accuracy-metrics").at("metricsType");
  } else {
    made.uri = card.uri.value_or("");
    if (made.uri.empty()) return invalid_argument("a model-artifact has a uri").at("uri");
  }
  const auto created = SOUK_TRY(time_of(card.createTimeSinceEpoch, "createTimeSinceEpoch"));
  const auto updated = SOUK_TRY(time_of(card.lastUpdateTimeSinceEpoch, "lastUpdateTimeSinceEpoch"));
  if (created) made.create_time = from_millis(*created);
  if (updated) made.update_time = from_millis(*updated);
  made.properties = SOUK_TRY(plain_properties(card.customProperties));
  return make_artifact(model, key, made);
}
}  // namespace

std::int64_t catalog_id(std::string_view kind, std::string_view source, std::string_view name) {
  std::string all(kind);
  all.append(1, '\0').append(source).append(1, '\0').append(name);
  const Digest digest = sha256(all);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<std::uint64_t>(digest.bytes[i]);
  return static_cast<std::int64_t>(bits >> 1 | 1);
}

const CatalogSource* CatalogSnapshot::source(std::string_view id) const {
  const auto found = std::ranges::find(sources, id, &CatalogSource::id);
  return found == sources.end() ? nullptr : &*found;
}

Result<CatalogModel> read_model(std::string_view source, json::Value value) {
  return about(value, model_of(source, value));
}

Result<CatalogArtifact> read_artifact(const CatalogModel& model, std::size_t place, json::Value value) {
  return about(value, artifact_of(model, "artifact-" + std::to_string(place + 1), value));
}
CatalogArtifact make_artifact(const CatalogModel& model, std::string_view key, const MadeArtifact& made) {
  CatalogArtifact out;
  out.name = made.name;
  out.is_metrics = !made.metrics_type.empty();
  out.is_performance = made.metrics_type == "performance-metrics";
  out.held = made.held;
  out.properties = made.properties;
  give_id(out, catalog_id("artifact", std::to_string(model.id), key));
  const std::string_view type = out.is_metrics ? "metrics-artifact" : "model-artifact";
  std::string& text = out.json_without_these;
  const auto add = [&](const char* field, std::string_view value) {
    if (value.empty()) return;
    text.append(",\"").append(field).append("\":").append(json::write(std::string(value)));
    out.facts.add(field, std::string(value));
  };
  text = "{\"id\":\"" + std::to_string(out.id) + "\"";
  add("artifactType", type);
  add("metricsType", made.metrics_type);
  add("name", made.name);
  add("externalId", made.external_id);
  add("description", made.description);
  add("uri", made.uri);
  if (!made.held.empty()) out.facts.add("uri", "oci://" + made.held);
  for (const auto& [field, time] :
       {std::pair{"createTimeSinceEpoch", made.create_time}, std::pair{"lastUpdateTimeSinceEpoch", made.update_time}}) {
    if (!time) continue;
    text.append(",\"").append(field).append("\":\"").append(std::to_string(to_millis(*time))).append("\"");
    out.facts.add(field, to_millis(*time));
  }
  add_properties(out.facts, "custom_properties.", made.properties);
  out.facts.sort();
  out.json = with_properties(out, made.properties);
  return out;
}

void add_artifact(CatalogModel& model, CatalogArtifact artifact) {
  add_properties(model.facts, "artifacts.", artifact.properties);
  model.artifacts.push_back(std::move(artifact));
}

void seal(CatalogModel& model) {
  model.facts.sort();
}

std::string with_properties(const CatalogArtifact& artifact, const json::Raw& properties) {
  return artifact.json_without_these + ",\"customProperties\":" + metadata_text(properties) + "}";
}

}  // namespace souk::registry
