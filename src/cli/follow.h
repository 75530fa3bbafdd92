// SPDX-License-Identifier: Apache-2.0
//
// Following what the server does in the background to its end.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/describe.h"

namespace souk::cli {

// Looks at the object at `path` now and with each of the `events`, until its state is none of `running`; a bar shows
// its done_bytes of total_bytes.
Result<json::Document> follow_to_end(const Context& context, const std::string& label, const std::string& path,
                                     const std::string& events, const std::vector<std::string>& running);

}  // namespace souk::cli
