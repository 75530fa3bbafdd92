// SPDX-License-Identifier: Apache-2.0
//
// Bytes that are on their way from one place to another: they are written to the main place and read from either, also
// while one of the two cannot be reached. Who commits to the other place, because its upload was begun there, brings
// the blob over before it answers. So once every blob that was committed before the switch was brought too, the main
// place has all. Thread-safe.
#pragma once

#include <mutex>

#include "blobs/blobs.h"

namespace souk::blobs {

class Places final : public Blobs {
 public:
  // With none, nothing may be done before `set`.
  explicit Places(std::shared_ptr<Blobs> main) { set(std::move(main), nullptr); }

  // `other` may be none. What was set before is kept open, for what still reads and writes there.
  void set(std::shared_ptr<Blobs> main, std::shared_ptr<Blobs> other);

  bool is_set() const { return pair().main != nullptr; }

  enum class Brought { there, copied, missing };
  // Told how many bytes of the blob were copied so far; its error ends the copying.
  using Step = std::function<Status(std::uint64_t)>;
  // Makes sure that the main place has the blob; what is copied is verified. Errors: data_loss (its bytes are others),
  // unavailable, and those of `step`
  Result<Brought> bring(const Digest& digest, const Step& step = {});
  // Whether the main place has it.
  Result<bool> is_there(const Digest& digest);

  Result<std::unique_ptr<Writer>> create() override;
  Result<std::unique_ptr<Writer>> resume(const std::string& id) override;
  Result<PartPlan> plan_parts(std::uint64_t size) override;
  Result<std::unique_ptr<PartUpload>> create_parts(const PartPlan& plan) override;
  Result<std::unique_ptr<PartUpload>> resume_parts(const std::string& id, const PartPlan& plan) override;
  Result<std::optional<std::uint64_t>> find_size(const Digest& digest) override;
  Result<std::unique_ptr<Reader>> open_blob(const Digest& digest) override;
  Result<std::vector<StoredBlob>> list(const std::optional<Digest>& after, std::size_t count) override;
  Status remove(const Digest& digest) override;
  Result<std::size_t> expire_uploads(Time before) override;
  std::string kind() const override;
  Result<std::uint64_t> stored_bytes() override;  // of the main place

 private:
  using Store = std::shared_ptr<Blobs>;
  struct Pair {
    Store main, other;
  };
  Pair pair() const;
  std::function<Status(const Digest&)> after_commit(Store store);

  mutable std::mutex mutex_;
  Pair pair_;
  std::vector<Store> kept_;
};

}  // namespace souk::blobs
