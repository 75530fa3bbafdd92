// SPDX-License-Identifier: Apache-2.0
//
// Models, artifacts, servers and tools from what a file or another server says of them: fields are checked for their
// types, unknown ones left out, custom properties taken in the contract's form and as plain values.
#pragma once

#include <memory>
#include <string>

#include "registry/catalog/model.h"

namespace souk::registry {

// Errors: invalid_argument (which field, and of which entry)
Result<CatalogModel> read_model(std::string_view source, json::Value value);
// The artifact's id follows from the model and from its place among the artifacts.
Result<CatalogArtifact> read_artifact(const CatalogModel& model, std::size_t place, json::Value value);
Result<McpServer> read_server(std::string_view source, json::Value value);

// An artifact that is made rather than read. `uri` or `held` of a model's, `metrics_type` of metrics.
struct MadeArtifact {
  std::string name, external_id, description, uri, held, metrics_type;
  std::optional<Time> create_time, update_time;
  json::Raw properties{"{}"};
};
CatalogArtifact make_artifact(const CatalogModel& model, std::string_view key, const MadeArtifact& made);

// Puts the artifact's facts among the model's, for filters and orders by `artifacts.NAME`; then `seal`.
void add_artifact(CatalogModel& model, CatalogArtifact artifact);
// To be called once, at the end: what follows from all of it.
void seal(CatalogModel& model);

// The artifact with more custom properties than it has.
std::string with_properties(const CatalogArtifact& artifact, const json::Raw& properties);

}  // namespace souk::registry
