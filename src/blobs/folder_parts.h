// SPDX-License-Identifier: Apache-2.0
//
// An upload in parts into a folder store: one file of the whole size, each part written at its place.
#pragma once

#include <string>

#include "blobs/blobs.h"
#include "blobs/part_hasher.h"

namespace souk::blobs {

class FolderBlobs;

class FolderParts final : public PartUpload {
 public:
  FolderParts(FolderBlobs& blobs, std::string id, PartPlan plan) : blobs_(blobs), id_(std::move(id)), plan_(plan) {}

  const std::string& id() const override { return id_; }
  Result<std::unique_ptr<PartWriter>> open_part(std::uint32_t number) override;
  Result<Digest> commit(const std::vector<std::string>& tags, std::optional<Digest> expected) override;
  void discard() override;

 private:
  FolderBlobs& blobs_;
  const std::string id_;
  const PartPlan plan_;
  PartHasher hasher_;
};

}  // namespace souk::blobs
