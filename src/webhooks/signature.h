// SPDX-License-Identifier: Apache-2.0
//
// Secrets and signatures of the Standard Webhooks specification 1.0 (standardwebhooks.com): symmetric, "whsec_" and
// base64 of 24 to 64 bytes; "v1," and base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::webhooks {

std::string make_secret();
// Errors: invalid_argument
Status check_secret(std::string_view secret);
// One signature for each secret, with a space between; what a receiver with any of them takes. `timestamp`: seconds.
std::string signature_of(const std::vector<std::string>& secrets, std::string_view id, std::int64_t timestamp,
                         std::string_view body);

}  // namespace souk::webhooks
