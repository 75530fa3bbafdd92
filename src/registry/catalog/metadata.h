// SPDX-License-Identifier: Apache-2.0
//
// customProperties: {"key": {"metadataType": "MetadataIntValue", "int_value": "3"}} and souk's {"key": 3}. A whole
// number is an Int, one with a fraction or written with one (1.0) a Double, an object or list a Struct.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace souk::registry {

// Errors: invalid_argument (of no known type, Proto, not what its type says)
Result<json::Raw> read_metadata(const json::Raw& metadata);
void write_metadata(json::Writer& out, const json::Raw& properties);

}  // namespace souk::registry
