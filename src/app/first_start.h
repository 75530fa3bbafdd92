// SPDX-License-Identifier: Apache-2.0
//
// What the first start leaves for its operator.
#pragma once

#include <string>

#include "access/access.h"
#include "base/log.h"

namespace souk::app {

// Bootstraps `access`. The first key goes into admin.key in `data`, before the database knows it: a crash between the
// two leaves a key that opens nothing, and the next start makes another.
Status bootstrap(access::Access& access, const std::string& data, Logger& log);

}  // namespace souk::app
