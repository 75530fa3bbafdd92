// SPDX-License-Identifier: Apache-2.0
//
// A folder or file as a version (base/model_format): which files, in which order. The same input gives the same digest
// wherever it lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/model_format/model_format.h"
#include "base/result.h"

namespace souk::cli {

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

// `digests` are those of the files, in order.
ModelTexts make_manifest(const std::vector<PackFile>& files, const std::vector<Digest>& digests,
                         const PackOptions& options);

}  // namespace souk::cli
