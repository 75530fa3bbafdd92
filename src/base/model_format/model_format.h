// SPDX-License-Identifier: Apache-2.0
//
// Files as an OCI manifest in the CNCF model format (spec.md, config.md, annotations.md of the model-spec): one raw
// layer a file, in the order given. The same files give the same digest: no time, owner or name of the target goes in.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace souk {

inline constexpr std::string_view kImageManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kModelManifestType = "application/vnd.cncf.model.manifest.v1+json";
inline constexpr std::string_view kModelConfigType = "application/vnd.cncf.model.config.v1+json";
inline constexpr std::string_view kFilepathAnnotation = "org.cncf.model.filepath";

struct ModelFile {
  std::string path;  // inside the version, with '/'
  std::uint64_t size = 0;
  bool executable = false;
  std::string media_type;
  bool guessed = false;  // nothing told its kind
  Digest digest;
};

struct ModelTexts {
  std::string config;
  std::string manifest;
};

// `created_at` (RFC 3339) goes into the configuration. The files are in bytewise order of their paths.
ModelTexts make_model_manifest(const std::vector<ModelFile>& files, const std::optional<std::string>& created_at);

// The media type by the file's name; `guessed` tells that none of the rules knew it.
std::string layer_media_type(std::string_view path, bool& guessed);

}  // namespace souk
