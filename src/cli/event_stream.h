// SPDX-License-Identifier: Apache-2.0
//
// Following the server's events.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/remote.h"
#include "net/sse.h"

namespace souk::cli {

// Follows the stream for ever, through broken connections, resuming after the last event. Calls f with the events of
// each piece that arrives; a keep-alive is a piece without any. Ends with f's error, or the server's refusal.
Status follow_events(Remote& remote, const std::string& path,
                     const std::function<Status(const std::vector<net::ServerEvent>&)>& f);

}  // namespace souk::cli
