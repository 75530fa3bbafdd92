// SPDX-License-Identifier: Apache-2.0
//
// An upload in parts: cut at creation, its parts written in any order, side by side and more than once. The store keeps
// the bytes; which parts there are, and their tags, the caller keeps. Numbers begin with 1.
// PartUpload is thread-safe; a PartWriter belongs to one thread at a time and must not outlive its PartUpload.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace souk::blobs {

// Parts of one size, but the last.
struct PartPlan {
  std::uint64_t size = 0;
  std::uint64_t part_size = 0;

  std::uint32_t count() const { return size == 0 ? 1 : static_cast<std::uint32_t>((size + part_size - 1) / part_size); }
  std::uint64_t offset(std::uint32_t number) const { return (number - 1) * part_size; }
  std::uint64_t size_of(std::uint32_t number) const { return number < count() ? part_size : size - offset(number); }
};

class PartWriter {
 public:
  virtual ~PartWriter() = default;  // unfinished: the part does not count
  // Errors: unavailable (disk full, store), out_of_range (more than the part's size)
  virtual Status write(std::span<const std::byte> bytes) = 0;
  // Blocks until durable. Returns the part's tag. Errors: as write, and when it is shorter than the part's size
  virtual Result<std::string> finish() = 0;
};

class PartUpload {
 public:
  virtual ~PartUpload() = default;
  virtual const std::string& id() const = 0;
  // Errors: not_found (the upload is gone)
  virtual Result<std::unique_ptr<PartWriter>> open_part(std::uint32_t number) = 0;
  // `tags` of all parts in order; no part is being written. Blocks until durable.
  // Errors: invalid_argument (digest differs; the upload is gone), failed_precondition (a part is not what its tag
  // says), not_found. The upload is still there, and commit may be repeated, until it is discarded: who keeps
  // what became of it elsewhere can fail at that, and come again.
  virtual Result<Digest> commit(const std::vector<std::string>& tags, std::optional<Digest> expected) = 0;
  // A blob that it became stays.
  virtual void discard() = 0;
};

// What every store answers when the bytes are not what they were said to be.
Error wrong_digest(std::uint64_t size, const Digest& is, const Digest& expected);

}  // namespace souk::blobs
