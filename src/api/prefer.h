// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace souk::api {

// Seconds of "wait=30" in a Prefer header (RFC 7240); 0 when it does not ask to wait; at most 60.
Duration wait_of(const std::optional<std::string>& prefer);

}  // namespace souk::api
