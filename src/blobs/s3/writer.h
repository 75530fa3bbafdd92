// SPDX-License-Identifier: Apache-2.0
//
// One upload into S3, its bytes in order: gathered into parts, several of which are under way at a time. What never
// fills a part is put as it is. A part that failed is kept and sent again at the next call.
#pragma once

#include <deque>
#include <future>
#include <string>
#include <vector>

#include "blobs/s3/core.h"

namespace souk::blobs::s3 {

class Writer final : public blobs::Writer {
 public:
  static Result<std::unique_ptr<blobs::Writer>> create(Core& core);
  static Result<std::unique_ptr<blobs::Writer>> resume(Core& core, const std::string& id);
  Writer(Core& core, std::string id) : core_(core), id_(std::move(id)) {}
  ~Writer() override;

  const std::string& id() const override { return id_; }
  std::uint64_t size() const override { return size_; }
  Status write(std::span<const std::byte> bytes) override;
  Status suspend() override;
  Result<Digest> commit(std::optional<Digest> expected) override;
  void discard() override;

 private:
  struct Sent {
    std::uint32_t number = 0;
    Buffers::Lease bytes;
    std::future<Result<std::string>> tag;  // not valid: to be sent again
  };

  Status reopen();
  Status load();
  Status load_parts();
  Status take_buffer();
  Status send_buffer();
  void post(Sent& sent);
  Status settle(std::size_t most);
  Result<Digest> commit_small(std::optional<Digest> expected);
  Result<Digest> commit_parts(std::optional<Digest> expected);
  Result<Digest> digest_of_all();
  void drop();

  Core& core_;
  const std::string id_;
  std::string revision_;  // of the stored state that this continues; empty: none is stored
  bool suspended_ = false;
  std::string upload_;             // of the parts; empty: there are none yet
  bool completed_ = false;         // data/<id> is whole
  std::vector<std::string> tags_;  // of the parts that are there
  std::deque<Sent> sent_;
  std::uint64_t in_parts_ = 0;  // bytes, those under way included
  Buffers::Lease buffer_;
  std::uint64_t size_ = 0;
  Sha256 hash_;  // on this thread: a store far away is slower, and a copy for another thread costs more
  std::uint64_t hashed_ = 0;
  std::optional<Digest> digest_;
};

}  // namespace souk::blobs::s3
