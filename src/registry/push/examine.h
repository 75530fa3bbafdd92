// SPDX-License-Identifier: Apache-2.0
//
// What the bytes of a version say of it. Inside the room only.
#pragma once

#include "registry/inspector.h"
#include "registry/registry.h"

namespace souk::registry {

// Format, runtime, what is missing, size, signature and declaration, as a version is sealed with them; a model is
// test-loaded in a child. The blobs are in the repository. Errors: invalid_argument (a model that does not load; sizes
// that cannot be), and the child's
Result<ModelVersion> examine_bytes(artifacts::Artifacts& artifacts, Inspector& inspector,
                                   const artifacts::Repository& repository, std::string_view media_type,
                                   const artifacts::Manifest& manifest);

}  // namespace souk::registry
