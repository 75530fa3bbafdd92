// SPDX-License-Identifier: Apache-2.0
//
// Files of a catalogue: regular ones of a bounded size, inside the folder of sources.yaml.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace souk::registry {

// What tells a changed file from the one that was read; "" when it is not there.
std::string file_mark(const std::string& path);

// Errors: not_found, failed_precondition (no regular file, not readable), resource_exhausted (too large)
Result<std::string> read_whole(const std::string& path, std::uint64_t max_bytes);

// The path below `folder` that `path` means, links resolved. Errors: not_found, permission_denied (outside)
Result<std::string> path_inside(const std::string& folder, const std::string& path);

}  // namespace souk::registry
