// SPDX-License-Identifier: Apache-2.0
//
// Requests that a version keeps for its own warm-up: `warm_up` in its souk.yaml, each an object with `inputs` or the
// path of a JSON file of the version that holds one (docs/reference/version-file.md).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "registry/inspector.h"
#include "runtimes/runtime.h"

namespace souk::serving {

// A request that owns what it views.
struct Sample {
  std::string what;  // "warm_up[0]", for messages
  std::vector<std::string> names;
  std::vector<std::vector<std::byte>> data;
  std::vector<std::vector<std::string>> strings;
  runtimes::InferRequest request;
};

// Errors: invalid_argument (not as documented, or not what the signature takes), naming the sample; not_found (its
// file)
Result<std::vector<std::unique_ptr<const Sample>>> samples_of(const json::Raw* declaration,
                                                              const registry::Signature& signature,
                                                              std::span<const registry::VersionFile> files);

}  // namespace souk::serving
