// SPDX-License-Identifier: Apache-2.0
//
// Which names a source takes: `*` stands for any run of characters, case does not count, a pattern is the whole name.
// An exclusion counts more than an inclusion; no inclusions take everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::registry {

bool matches_glob(std::string_view name, std::string_view pattern);

// Errors: invalid_argument (blank, in both lists, too many)
Status check_globs(const std::vector<std::string>& included, const std::vector<std::string>& excluded);
bool takes(std::string_view name, const std::vector<std::string>& included, const std::vector<std::string>& excluded);

}  // namespace souk::registry
