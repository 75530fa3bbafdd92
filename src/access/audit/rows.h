// SPDX-License-Identifier: Apache-2.0
//
// Links of the audit chain as rows, and what of an event they are made of. Inside the room only.
#pragma once

#include <string>
#include <vector>

#include "access/audit/audit.h"

namespace souk::access {

struct LinkRow {
  std::int64_t position = 0;
  std::int64_t event_id = 0;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(LinkRow, (), (position, event_id, hash))

// The fields that a link is the hash of, as `souk audit verify` (cli/audit_commands.cc) reads them from an export:
// times in RFC 3339, numbers in decimal, the detail as its JSON text.
std::vector<std::string> link_fields(std::int64_t position, const AuditEvent& event);

}  // namespace souk::access
