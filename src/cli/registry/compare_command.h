// SPDX-License-Identifier: Apache-2.0
//
// souk compare A B …: versions and runs side by side.
#pragma once

#include "cli/command_line.h"

namespace souk::cli {

void add_compare(CommandLine& line);

}  // namespace souk::cli
