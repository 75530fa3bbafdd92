// SPDX-License-Identifier: Apache-2.0
//
// Whoever has nothing but what everyone is granted: what it sees is public.
#pragma once

#include "access/access.h"

namespace souk::access {

// Errors: the database's
Result<PrincipalPtr> everyone(const Access& access);

}  // namespace souk::access
