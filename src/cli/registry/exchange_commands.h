// SPDX-License-Identifier: Apache-2.0
//
// souk export NAMESPACE and souk import FILE: a namespace as one archive, and back.
#pragma once

#include "cli/command_line.h"

namespace souk::cli {

void add_exchange(CommandLine& line);

}  // namespace souk::cli
