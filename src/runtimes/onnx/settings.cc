// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/loader.h"

namespace souk::runtimes {

void declare(settings::Table& table, OnnxSettings& s) {
  table.add("runtimes.onnx_threads", s.threads,
            {.help = "Threads of the one pool that all ONNX models share; 0: one a core", .min = 0, .max = 1024});
}

}  // namespace souk::runtimes
