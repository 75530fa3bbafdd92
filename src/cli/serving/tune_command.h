// SPDX-License-Identifier: Apache-2.0
//
// souk tune DEPLOYMENT: tries batching settings on a deployment as it runs, under load, and says which are best.
#pragma once

#include "cli/serving/serving_commands.h"

namespace souk::cli {

struct TuneOptions {
  int connections = 64;
  double seconds = 3;  // of each setting
  std::vector<std::int64_t> sizes{1, 4, 8, 16, 32, 64};
  bool apply = false;
};

// `input` says what is sent; nothing: zeros of the model's signature. Without `apply` the deployment is left as it was.
Status tune(const Context& context, const InferOptions& input, const TuneOptions& options);

}  // namespace souk::cli
