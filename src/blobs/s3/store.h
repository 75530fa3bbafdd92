// SPDX-License-Identifier: Apache-2.0
//
// Blobs in a bucket of S3 (core.h says where in it). Any number of processes may use one bucket and prefix.
// Thread-safe.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "blobs/s3/core.h"

namespace souk::blobs::s3 {

class S3Blobs final : public Blobs {
 public:
  // Errors: invalid_argument (URL, credentials missing), unavailable (bucket), with what to do
  static Result<std::unique_ptr<Blobs>> open(const std::string& url, const S3Settings& settings, Logger& log,
                                             Metrics& metrics);
  // With what the environment adds. Errors: invalid_argument
  static Result<Address> address_of(const std::string& url);
  // Errors: invalid_argument (there are none)
  static Result<Credentials> credentials_of(const S3Settings& settings);
  ~S3Blobs() override;

  Result<std::unique_ptr<blobs::Writer>> create() override;
  Result<std::unique_ptr<blobs::Writer>> resume(const std::string& id) override;
  Result<PartPlan> plan_parts(std::uint64_t size) override;
  Result<std::unique_ptr<PartUpload>> create_parts(const PartPlan& plan) override;
  Result<std::unique_ptr<PartUpload>> resume_parts(const std::string& id, const PartPlan& plan) override;
  Result<std::optional<std::uint64_t>> find_size(const Digest& digest) override;
  Result<std::unique_ptr<blobs::Reader>> open_blob(const Digest& digest) override;
  Result<std::vector<StoredBlob>> list(const std::optional<Digest>& after, std::size_t count) override;
  Status remove(const Digest& digest) override;
  Result<std::size_t> expire_uploads(Time before) override;
  std::string kind() const override { return "s3"; }
  // Blocks: until the bucket was counted once after the start. Errors: unavailable (it could not be)
  Result<std::uint64_t> stored_bytes() override;

 private:
  explicit S3Blobs(std::unique_ptr<Core> core) : core_(std::move(core)) {}
  Result<std::uint64_t> count(std::stop_token stop);
  void count_stored(std::stop_token stop);
  Result<bool> expire_marker(const Listed& marker, Time before);
  Result<bool> expire_parts(const Upload& upload, Time before);

  std::unique_ptr<Core> core_;
  std::jthread counter_;
};

}  // namespace souk::blobs::s3
