// SPDX-License-Identifier: Apache-2.0
//
// What was measured of models: folders with metadata.json (the model's name as `id`), evaluations.ndjson (accuracy: a
// benchmark and its score on each line) and performance.ndjson (a measurement on each line, under load).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "registry/catalog/entries.h"
#include "registry/catalog/settings.h"

namespace souk::registry {

using Measured = std::map<std::string, std::vector<MadeArtifact>, std::less<>>;  // by the name of the model

// What tells whether anything in the folder changed.
std::string performance_mark(const std::string& folder);
// What cannot be read is told to `wrong` and left out. Blocks: disk
Measured load_performance(const CatalogSettings& settings, const std::function<void(const Error&)>& wrong);

}  // namespace souk::registry
