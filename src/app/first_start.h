// SPDX-License-Identifier: Apache-2.0
//
// What the first start leaves for its operator.
#pragma once

#include <string>

#include "access/access.h"
#include "access/sessions/sessions.h"
#include "base/log.h"

namespace souk::app {

// Bootstraps `access`. The first key goes into admin.key in `data`, before the database knows it: a crash between the
// two leaves a key that opens nothing, and the next start makes another.
Status bootstrap(access::Access& access, const std::string& data, Logger& log);

// While nobody can sign in: a link, into the log, by which the first administrator takes a name and a password.
Status tell_setup_link(access::Sessions& sessions, const std::string& url, Logger& log);

}  // namespace souk::app
