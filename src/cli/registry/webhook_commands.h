// SPDX-License-Identifier: Apache-2.0
//
// souk webhook …: who is told of a namespace's events. A webhook is named [namespace/]webhook.
#pragma once

#include "cli/command_line.h"

namespace souk::cli {

void add_webhooks(CommandLine& line);

}  // namespace souk::cli
