// SPDX-License-Identifier: Apache-2.0
//
// An upload in parts into S3: each part is one of a multipart upload. Its id is that of its bytes and S3's own.
#pragma once

#include <string>

#include "blobs/part_hasher.h"
#include "blobs/s3/core.h"

namespace souk::blobs::s3 {

class Parts final : public PartUpload {
 public:
  static Result<std::unique_ptr<PartUpload>> create(Core& core, const PartPlan& plan);
  static Result<std::unique_ptr<PartUpload>> resume(Core& core, const std::string& id, const PartPlan& plan);
  Parts(Core& core, std::string data, std::string upload, PartPlan plan)
      : core_(core), data_(std::move(data)), upload_(std::move(upload)), id_(data_ + "." + upload_), plan_(plan) {}

  const std::string& id() const override { return id_; }
  Result<std::unique_ptr<PartWriter>> open_part(std::uint32_t number) override;
  Result<Digest> commit(const std::vector<std::string>& tags, std::optional<Digest> expected) override;
  void discard() override;

 private:
  Result<bool> is_there(const Digest& digest);
  Result<Digest> refuse(const Digest& is, const Digest& expected);
  Status complete(const std::vector<std::string>& tags);

  Core& core_;
  const std::string data_, upload_, id_;
  const PartPlan plan_;
  PartHasher hasher_;
  // Of an end that was tried:
  std::vector<std::string> tags_;
  std::optional<Digest> digest_;  // of the bytes of these tags
  bool spare_ = false;            // data/<id> is whole, and another's bytes are the blob
};

}  // namespace souk::blobs::s3
