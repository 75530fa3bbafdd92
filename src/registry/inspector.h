// SPDX-License-Identifier: Apache-2.0
//
// What the registry needs to know of a version's bytes when it seals. The registry declares the Inspector;
// runtimes implement it (in a sandboxed child, `souk inspect`); app wires the two.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/signature.h"

namespace souk::registry {

// A file of a version: where it belongs in the version's folder, and where its bytes are now.
struct VersionFile {
  std::string path;  // relative, '/'-separated, never escaping
  std::string local_path;
};

struct Inspection {
  std::string format;                    // "onnx"; "" when no runtime knows these files
  std::string runtime;                   // which runtime can run it: "onnx"; "" for none
  std::string missing;                   // when none can: what is missing, in words for the user
  std::optional<Signature> signature;    // of what a runtime can run
  std::optional<json::Raw> declaration;  // souk.yaml as JSON
};
BOOST_DESCRIBE_STRUCT(Inspection, (), (format, runtime, missing, signature, declaration))

class Inspector {
 public:
  virtual ~Inspector() = default;
  // Test-loads the model. Errors: invalid_argument (a file that claims to be a model is broken; says which and why),
  // deadline_exceeded, resource_exhausted (the limits of the child)
  virtual Result<Inspection> inspect(const std::vector<VersionFile>& files) = 0;
};

}  // namespace souk::registry
