// SPDX-License-Identifier: Apache-2.0
#include "blobs/places.h"

#include <algorithm>
#include <iterator>

namespace souk::blobs {

namespace {

constexpr std::size_t kPiece = 1 << 20;

// Runs after a commit to a store, which may not be the main one any more.
using After = std::function<Status(const Digest&)>;

class PlacedWriter final : public Writer {
 public:
  PlacedWriter(std::unique_ptr<Writer> writer, After after) : writer_(std::move(writer)), after_(std::move(after)) {}
  const std::string& id() const override { return writer_->id(); }
  std::uint64_t size() const override { return writer_->size(); }
  Status write(std::span<const std::byte> bytes) override { return writer_->write(bytes); }
  Status suspend() override { return writer_->suspend(); }
  void discard() override { writer_->discard(); }
  Result<Digest> commit(std::optional<Digest> expected) override {
    Digest digest = SOUK_TRY(writer_->commit(expected));
    SOUK_TRY(after_(digest));
    return digest;
  }

 private:
  std::unique_ptr<Writer> writer_;
  After after_;
};

class PlacedParts final : public PartUpload {
 public:
  PlacedParts(std::unique_ptr<PartUpload> upload, After after) : upload_(std::move(upload)), after_(std::move(after)) {}
  const std::string& id() const override { return upload_->id(); }
  Result<std::unique_ptr<PartWriter>> open_part(std::uint32_t number) override { return upload_->open_part(number); }
  void discard() override { upload_->discard(); }
  Result<Digest> commit(const std::vector<std::string>& tags, std::optional<Digest> expected) override {
    Digest digest = SOUK_TRY(upload_->commit(tags, expected));
    SOUK_TRY(after_(digest));
    return digest;
  }

 private:
  std::unique_ptr<PartUpload> upload_;
  After after_;
};

Status copy(Reader& from, Blobs& to, const Digest& digest, const Places::Step& step) {
  std::unique_ptr<Writer> writer = SOUK_TRY(to.create());
  std::vector<std::byte> piece(kPiece);
  Status copied = [&]() -> Status {
    for (std::uint64_t at = 0; at < from.size();) {
      std::size_t got = SOUK_TRY(from.read_at(at, piece));
      if (got == 0) return data_loss("blob " + digest.string() + " ended early");
      SOUK_TRY(writer->write(std::span(piece).first(got)));
      at += got;
      if (step) SOUK_TRY(step(at));
    }
    return {};
  }();
  if (!copied) {
    writer->discard();
    return copied;
  }
  Result<Digest> done = writer->commit(digest);
  if (!done && done.error().code == Code::invalid_argument) {
    return data_loss("blob " + digest.string() + " is damaged where it lies")
        .advise("push the blob again, or restore it from a backup")
        .because(std::move(done).error());
  }
  SOUK_TRY(std::move(done));
  return {};
}

}  // namespace

void Places::set(Store main, Store other) {
  std::lock_guard lock(mutex_);
  for (const Store& store : {main, other}) {
    if (store && std::find(kept_.begin(), kept_.end(), store) == kept_.end()) kept_.push_back(store);
  }
  pair_ = {std::move(main), std::move(other)};
}

Places::Pair Places::pair() const {
  std::lock_guard lock(mutex_);
  return pair_;
}

Result<Places::Brought> Places::bring(const Digest& digest, const Step& step) {
  Pair at = pair();
  if (!at.other || SOUK_TRY(at.main->find_size(digest))) return Brought::there;
  Result<std::unique_ptr<Reader>> reader = at.other->open_blob(digest);
  if (!reader && reader.error().code == Code::not_found) return Brought::missing;
  SOUK_TRY(copy(*SOUK_TRY(std::move(reader)), *at.main, digest, step));
  return Brought::copied;
}

Result<bool> Places::is_there(const Digest& digest) {
  return SOUK_TRY(pair().main->find_size(digest)).has_value();
}

std::function<Status(const Digest&)> Places::after_commit(Store store) {
  return [this, store = std::move(store)](const Digest& digest) -> Status {
    if (pair().main != store) SOUK_TRY(bring(digest));
    return {};
  };
}

Result<std::unique_ptr<Writer>> Places::create() {
  Pair at = pair();
  return std::unique_ptr<Writer>(std::make_unique<PlacedWriter>(SOUK_TRY(at.main->create()), after_commit(at.main)));
}

Result<std::unique_ptr<Writer>> Places::resume(const std::string& id) {
  Pair at = pair();
  Result<std::unique_ptr<Writer>> writer = at.main->resume(id);
  if (!writer && writer.error().code == Code::not_found && at.other) {
    writer = at.other->resume(id);
    at.main = at.other;
  }
  return std::unique_ptr<Writer>(std::make_unique<PlacedWriter>(SOUK_TRY(std::move(writer)), after_commit(at.main)));
}

Result<PartPlan> Places::plan_parts(std::uint64_t size) {
  return pair().main->plan_parts(size);
}

Result<std::unique_ptr<PartUpload>> Places::create_parts(const PartPlan& plan) {
  Pair at = pair();
  return std::unique_ptr<PartUpload>(
      std::make_unique<PlacedParts>(SOUK_TRY(at.main->create_parts(plan)), after_commit(at.main)));
}

Result<std::unique_ptr<PartUpload>> Places::resume_parts(const std::string& id, const PartPlan& plan) {
  Pair at = pair();
  Result<std::unique_ptr<PartUpload>> upload = at.main->resume_parts(id, plan);
  if (!upload && upload.error().code == Code::not_found && at.other) {
    upload = at.other->resume_parts(id, plan);
    at.main = at.other;
  }
  return std::unique_ptr<PartUpload>(std::make_unique<PlacedParts>(SOUK_TRY(std::move(upload)), after_commit(at.main)));
}

Result<std::optional<std::uint64_t>> Places::find_size(const Digest& digest) {
  Pair at = pair();
  Result<std::optional<std::uint64_t>> size = at.main->find_size(digest);
  if (!at.other || (size && *size)) return size;
  Result<std::optional<std::uint64_t>> other = at.other->find_size(digest);
  return size || (other && *other) ? std::move(other) : std::move(size);
}

Result<std::unique_ptr<Reader>> Places::open_blob(const Digest& digest) {
  Pair at = pair();
  Result<std::unique_ptr<Reader>> reader = at.main->open_blob(digest);
  if (reader || !at.other) return reader;
  Result<std::unique_ptr<Reader>> other = at.other->open_blob(digest);
  return other || reader.error().code == Code::not_found ? std::move(other) : std::move(reader);
}

Result<std::vector<StoredBlob>> Places::list(const std::optional<Digest>& after, std::size_t count) {
  Pair at = pair();
  std::vector<StoredBlob> out = SOUK_TRY(at.main->list(after, count));
  if (!at.other) return out;
  const std::vector<StoredBlob> others = SOUK_TRY(at.other->list(after, count));
  std::vector<StoredBlob> both;
  std::ranges::set_union(out, others, std::back_inserter(both), {}, &StoredBlob::digest, &StoredBlob::digest);
  if (both.size() > count) both.resize(count);
  return both;
}

Status Places::remove(const Digest& digest) {
  Pair at = pair();
  if (at.other) SOUK_TRY(at.other->remove(digest));
  return at.main->remove(digest);
}

Result<std::size_t> Places::expire_uploads(Time before) {
  Pair at = pair();
  std::size_t dropped = SOUK_TRY(at.main->expire_uploads(before));
  if (at.other) dropped += SOUK_TRY(at.other->expire_uploads(before));
  return dropped;
}

std::string Places::kind() const {
  return pair().main->kind();
}

Result<std::uint64_t> Places::stored_bytes() {
  return pair().main->stored_bytes();
}

}  // namespace souk::blobs
