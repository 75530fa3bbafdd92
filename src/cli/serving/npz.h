// SPDX-License-Identifier: Apache-2.0
//
// Several arrays in one file, as numpy.savez and numpy.savez_compressed write them: a ZIP archive (PKWARE's APPNOTE
// 6.3, sections 4.3 and 4.4) of .npy files, each under the name of its array.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace souk::cli {

bool is_npz(std::string_view file);
// The arrays' names, without ".npy", and their .npy files, in the archive's order.
// Errors: invalid_argument (broken off, damaged, above 4 GiB, more than one array of a name)
Result<std::vector<std::pair<std::string, std::string>>> read_npz(std::string_view file);

}  // namespace souk::cli
