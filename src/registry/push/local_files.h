// SPDX-License-Identifier: Apache-2.0
//
// A version's files as local files, for as long as this lives: where the blobs are, or in their store's cache.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "artifacts/artifacts.h"
#include "registry/inspector.h"

namespace souk::registry {

class LocalFiles {
 public:
  LocalFiles() = default;
  LocalFiles(const LocalFiles&) = delete;
  LocalFiles& operator=(const LocalFiles&) = delete;

  // Errors: not_found (a blob), unavailable (disk), data_loss
  Status open(artifacts::Artifacts& artifacts, const artifacts::Repository& repository,
              const std::vector<artifacts::File>& files);
  const std::vector<VersionFile>& files() const { return files_; }

 private:
  std::vector<std::unique_ptr<blobs::Reader>> readers_;
  std::vector<VersionFile> files_;
};

}  // namespace souk::registry
