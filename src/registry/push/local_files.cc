// SPDX-License-Identifier: Apache-2.0
#include "registry/push/local_files.h"

namespace souk::registry {

Status LocalFiles::open(artifacts::Artifacts& artifacts, const artifacts::Repository& repository,
                        const std::vector<artifacts::File>& files) {
  for (const artifacts::File& file : files) {
    auto reader = SOUK_TRY(artifacts.open_blob(repository, file.digest));
    files_.push_back({file.path, SOUK_TRY(reader->local_path())});
    readers_.push_back(std::move(reader));
  }
  return {};
}

}  // namespace souk::registry
