// SPDX-License-Identifier: Apache-2.0
//
// The database libraries that this program runs with.
#pragma once

#include <string>

namespace souk::store {

std::string sqlite_version();  // "3.40.1"
std::string libpq_version();   // "15.14"

}  // namespace souk::store
