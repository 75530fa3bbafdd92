// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "store/postgres/store.h"
#include "store/sqlite/store.h"

namespace souk::store {

void declare(settings::Table& table, StoreSettings& s) {
  table.add("store.readers", s.readers,
            {.help = "SQLite: connections that read at the same time.", .min = 1, .max = 64});
  table.add("store.connections", s.connections, {.help = "PostgreSQL: connections kept.", .min = 1, .max = 1000});
  table.add("store.group_limit", s.group_limit,
            {.help = "SQLite: writes that may share a commit.", .min = 1, .max = 4096});
  table.add("store.busy_timeout", s.busy_timeout,
            {.help = "How long to wait for a database or a connection that is busy.", .min = 100, .max = 300'000});
  table.add("store.answer_timeout", s.answer_timeout,
            {.help = "PostgreSQL: a connection on which a statement is not answered by then is given up.",
             .min = 100,
             .max = 86'400'000});
}

Result<std::unique_ptr<Store>> Store::open(const std::string& url, StoreSettings settings, Logger& log,
                                           Metrics& metrics, Access access) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite)) return SqliteStore::open(url.substr(kSqlite.size()), settings, log, metrics, access);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return PostgresStore::open(url, settings, log, metrics, access);
  }
  return invalid_argument("the database URL " + settings::mask_url(url) + " is of no known kind")
      .advise("write sqlite:PATH or postgresql://USER@HOST/NAME");
}

}  // namespace souk::store
