// SPDX-License-Identifier: Apache-2.0
#include "store/libraries.h"

#include <libpq-fe.h>
#include <sqlite3.h>

namespace souk::store {

std::string sqlite_version() {
  return sqlite3_libversion();
}

std::string libpq_version() {
  const int version = PQlibVersion();
  return std::to_string(version / 10'000) + "." + std::to_string(version % 10'000);
}

}  // namespace souk::store
