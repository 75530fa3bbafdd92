// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/settings.h"

namespace souk::registry {

void declare(settings::Table& table, ExchangeSettings& s) {
  table.add("exchange.concurrency", s.concurrency,
            {.help = "Exports and imports of namespaces at a time, on each node", .min = 1, .max = 16});
  table.add("exchange.keep", s.keep,
            {.help = "How long the archive of an export is kept", .min = 60'000, .max = 365 * 86'400'000.0});
  table.add("exchange.max_bytes", s.max_bytes, {.help = "What one archive may unpack to", .min = 1});
  table.add("exchange.max_entries", s.max_entries, {.help = "Entries of one archive", .min = 1, .max = 10'000'000});
}

}  // namespace souk::registry
