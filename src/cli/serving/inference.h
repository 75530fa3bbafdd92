// SPDX-License-Identifier: Apache-2.0
//
// One inference as a request, from what the command line says goes in.
#pragma once

#include <string>

#include "cli/serving/serving_commands.h"
#include "net/client/client.h"

namespace souk::cli {

// A picture goes to the task's door, tensors to the Open Inference Protocol's. Nothing given: invalid_argument.
Result<net::ClientRequest> inference_request(const Context& context, const InferOptions& options);
// The same with zeros for every input; open dimensions are 1, texts are empty.
Result<net::ClientRequest> request_of_zeros(const Context& context, const InferOptions& options);

}  // namespace souk::cli
