// SPDX-License-Identifier: Apache-2.0
#include "artifacts/sessions.h"

namespace souk::artifacts {

namespace {

constexpr Duration kTouchEvery{60'000};

class TakenWriter final : public blobs::Writer {
 public:
  TakenWriter(std::shared_ptr<Sessions> sessions, std::unique_ptr<blobs::Writer> writer)
      : sessions_(std::move(sessions)), writer_(std::move(writer)) {}

  ~TakenWriter() override {
    std::string id = writer_->id();
    if (over_) writer_.reset();
    sessions_->give_back(id, std::move(writer_));
  }

  const std::string& id() const override { return writer_->id(); }
  std::uint64_t size() const override { return writer_->size(); }
  Status write(std::span<const std::byte> bytes) override { return writer_->write(bytes); }
  Status suspend() override { return writer_->suspend(); }

  Result<Digest> commit(std::optional<Digest> expected) override {
    Result<Digest> digest = writer_->commit(expected);
    over_ = digest || digest.error().code == Code::invalid_argument;
    return digest;
  }

  void discard() override {
    writer_->discard();
    over_ = true;
  }

 private:
  std::shared_ptr<Sessions> sessions_;
  std::unique_ptr<blobs::Writer> writer_;
  bool over_ = false;
};

}  // namespace

Result<std::unique_ptr<blobs::Writer>> Sessions::take(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto [found, is_new] = sessions_.try_emplace(id);
  if (is_new) return std::unique_ptr<blobs::Writer>();
  if (!found->second.writer) {
    return aborted("upload " + id + " is being written by another request")
        .advise("wait for that request, then ask for the upload's state")
        .retry_in(std::chrono::seconds(1));
  }
  waiting_.erase(found->second.place);
  return std::move(found->second.writer);
}

std::unique_ptr<blobs::Writer> Sessions::guard(std::unique_ptr<blobs::Writer> writer) {
  return std::make_unique<TakenWriter>(shared_from_this(), std::move(writer));
}

void Sessions::give_back(const std::string& id, std::unique_ptr<blobs::Writer> writer) {
  if (writer && !writer->suspend()) writer.reset();
  std::unique_ptr<blobs::Writer> dropped;  // outside the lock
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  if (!writer) {
    sessions_.erase(found);
    return;
  }
  found->second.writer = std::move(writer);
  found->second.place = waiting_.insert(waiting_.end(), id);
  if (waiting_.size() <= kWaiting) return;
  auto oldest = sessions_.find(waiting_.front());
  waiting_.pop_front();
  dropped = std::move(oldest->second.writer);
  sessions_.erase(oldest);
}

void Sessions::forget(const std::string& id) {
  std::unique_ptr<blobs::Writer> dropped;
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.writer) return;
  dropped = std::move(found->second.writer);
  waiting_.erase(found->second.place);
  sessions_.erase(found);
}

bool Sessions::due(const std::string& id, Time now) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(id);
  if (found == sessions_.end() || now - found->second.touched < kTouchEvery) return false;
  found->second.touched = now;
  return true;
}

}  // namespace souk::artifacts
