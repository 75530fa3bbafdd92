// SPDX-License-Identifier: Apache-2.0
//
// Reads an object in pieces of Core::kReadBytes. Reading on in order, the next pieces are fetched ahead; what is read
// from the first byte to the last is verified, its end withheld until it is.
#pragma once

#include <deque>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "blobs/s3/core.h"

namespace souk::blobs::s3 {

class Reader final : public blobs::Reader {
 public:
  // `digest` none: nothing is verified.
  Reader(Core& core, Place place, std::optional<Digest> digest)
      : core_(core), place_(std::move(place)), digest_(digest) {}
  ~Reader() override;

  std::uint64_t size() const override { return place_.size; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;
  Result<std::string> local_path() override;
  std::string direct_url() const override;

 private:
  struct Piece {
    std::uint64_t number = 0;
    std::future<Result<std::string>> bytes;
  };

  std::uint64_t pieces() const { return (place_.size + Core::kReadBytes - 1) / Core::kReadBytes; }
  void ask(std::uint64_t number);
  Status load(std::uint64_t number);
  Status check();

  Core& core_;
  const Place place_;
  const std::optional<Digest> digest_;
  std::deque<Piece> ahead_;
  std::optional<std::uint64_t> number_;  // of the piece at hand
  std::string piece_;
  std::vector<std::string> spare_;  // of pieces that were read: taken again, so that no more than these are ever made
  std::uint64_t hashed_ = 0;        // pieces, from the first on
  Sha256 hash_;
  std::future<void> hashing_;  // of the piece at hand, which stays until then
  std::unique_ptr<Cache::Held> held_;
};

}  // namespace souk::blobs::s3
