// SPDX-License-Identifier: Apache-2.0
//
// A folder or file as an OCI manifest in the CNCF model format (spec.md, config.md, annotations.md of the model-spec):
// one raw layer a file, in bytewise order of the paths. The same input gives the same digest wherever it lies: no
// time, owner or name of the target goes in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace souk::cli {

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kArtifactType = "application/vnd.cncf.model.manifest.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.cncf.model.config.v1+json";
inline constexpr std::string_view kFilepathAnnotation = "org.cncf.model.filepath";

struct PackFile {
  std::string path;               // inside the version, with '/'
  std::filesystem::path on_disk;  // links resolved
  std::uint64_t size = 0;
  bool executable = false;
  std::string media_type;
  bool guessed = false;  // nothing told its kind
};

struct PackOptions {
  std::vector<std::string> include;       // hidden files to take all the same, by their path inside the folder
  std::optional<std::string> created_at;  // RFC 3339, into the configuration
};

// The files that a push of `source` takes. Hidden files are left out; a link is followed to a file inside of the
// folder and refused otherwise. Blocks: disk. Errors: not_found, invalid_argument
Result<std::vector<PackFile>> collect_files(const std::filesystem::path& source, const PackOptions& options);

struct Packed {
  std::string config;
  std::string manifest;
};

// `digests` are those of the files, in order.
Packed make_manifest(const std::vector<PackFile>& files, const std::vector<Digest>& digests,
                     const PackOptions& options);

// The media type by the file's name; `guessed` tells that none of the rules knew it.
std::string layer_media_type(std::string_view path, bool& guessed);

}  // namespace souk::cli
