// SPDX-License-Identifier: Apache-2.0
//
// souk bench DEPLOYMENT: a load generator, for a deployment as it is used.
#pragma once

#include "cli/serving/serving_commands.h"

namespace souk::cli {

struct BenchOptions {
  int connections = 8;
  double seconds = 10;
  double warm_up = 1;  // seconds
  double rate = 0;     // requests a second; 0: as fast as answers come
};

// `input` says what is sent; nothing: zeros of the model's signature.
Status bench(const Context& context, const InferOptions& input, const BenchOptions& options);

}  // namespace souk::cli
