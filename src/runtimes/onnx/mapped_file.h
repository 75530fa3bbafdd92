// SPDX-License-Identifier: Apache-2.0
//
// A whole file mapped for reading. The file must not shrink meanwhile: a version's bytes never change.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace souk::runtimes {

class MappedFile {
 public:
  // `name` is how messages call it. Errors: not_found, unavailable
  static Result<MappedFile> open(const std::string& path, const std::string& name);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  MappedFile() = default;
  std::span<const std::byte> bytes_;
};

}  // namespace souk::runtimes
