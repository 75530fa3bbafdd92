// SPDX-License-Identifier: Apache-2.0
//
// What libarchive cannot tell, for it ends names at a NUL: whether a .zip's directory holds such a name (APPNOTE 4.3).
#pragma once

#include "registry/imports/archive.h"

namespace souk::registry {

// Looks at most at so many entries. Errors: invalid_argument (a NUL in a name), and the source's. A directory that
// cannot be made out is left to who unpacks.
Status check_zip_names(const ArchiveSource& source, std::uint64_t entries);

}  // namespace souk::registry
