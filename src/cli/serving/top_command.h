// SPDX-License-Identifier: Apache-2.0
//
// souk top: what deployments do now, at the node that is asked.
#pragma once

#include "cli/context.h"

namespace souk::cli {

struct TopOptions {
  double interval = 2;  // seconds
  int count = 0;        // looks; 0: on a terminal until it is ended, else one
};

Status top(const Context& context, const TopOptions& options);

}  // namespace souk::cli
