// SPDX-License-Identifier: Apache-2.0
//
// What every command gets: the server, the output, and the options that all share.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/output.h"
#include "cli/remote.h"

namespace souk::cli {

struct Context {
  Remote& remote;
  const Output& out;
  bool yes = false;
  int wait_seconds = -1;  // --wait; -1: not given

  // Asks on the terminal before something is lost. Errors: failed_precondition (said no, or nobody to ask)
  Status confirm(const std::string& what) const;
};

}  // namespace souk::cli
