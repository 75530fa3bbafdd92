// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/settings.h"

namespace souk::registry {

void declare(settings::Table& table, CatalogSettings& s) {
  table.add("catalog.sources", s.sources,
            {.help = "YAML file that names the catalogue's sources; empty: the public models of this server alone"});
  table.add("catalog.performance", s.performance,
            {.help = "Folder with metadata.json, evaluations.ndjson and performance.ndjson of catalogued models"});
  table.add("catalog.poll", s.poll,
            {.help = "How often the catalogue's files are looked at for changes", .min = 50, .max = 3'600'000});
  table.add("catalog.max_file", s.max_file,
            {.help = "Largest file of a catalogue that is read", .min = 1024, .max = 256.0 * (1 << 20)});
  table.add("catalog.max_models", s.max_models,
            {.help = "Models or servers of one source at most", .min = 1, .max = 100'000});
}

}  // namespace souk::registry
