// SPDX-License-Identifier: Apache-2.0
#include "access/settings.h"

namespace souk::access {

void declare(settings::Table& table, AccessSettings& s) {
  table.add("access.session_idle", s.session_idle,
            {.help = "A web session unused for so long ends", .min = 60'000, .max = 90 * 86'400'000.0});
  table.add("access.session_lifetime", s.session_lifetime,
            {.help = "A web session ends after so long, used or not", .min = 60'000, .max = 366 * 86'400'000.0});
}

}  // namespace souk::access
