// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace souk::blobs::s3 {

namespace {
constexpr std::chrono::minutes kUrlLife{15};
constexpr int kCacheTries = 2;  // bytes that were damaged on their way come right the second time
}  // namespace

Reader::~Reader() {
  if (hashing_.valid()) hashing_.wait();
  for (Piece& piece : ahead_) piece.bytes.wait();
}

void Reader::ask(std::uint64_t number) {
  std::uint64_t offset = number * Core::kReadBytes;
  std::uint64_t count = std::min<std::uint64_t>(Core::kReadBytes, place_.size - offset);
  auto bytes = std::make_shared<std::string>();
  if (!spare_.empty()) {
    *bytes = std::move(spare_.back());
    spare_.pop_back();
    bytes->clear();
  }
  auto get = [&core = core_, key = place_.key, tag = place_.tag, offset, count, bytes]() -> Result<std::string> {
    bytes->reserve(count);
    SOUK_TRY(core.bucket.get_range(key, offset, count, *bytes, tag));
    return std::move(*bytes);
  };
  ahead_.push_back({number, core_.run<Result<std::string>>(std::move(get))});
}

// Makes the piece the one at hand.
Status Reader::load(std::uint64_t number) {
  if (number_ == number) return {};
  if (hashing_.valid()) hashing_.get();
  const bool in_order = number == (number_ ? *number_ + 1 : 0);
  number_.reset();
  if (piece_.capacity() > 0) spare_.push_back(std::exchange(piece_, {}));
  while (!ahead_.empty() && ahead_.front().number != number) {
    ahead_.front().bytes.wait();
    ahead_.pop_front();
  }
  if (ahead_.empty()) ask(number);
  if (in_order) {
    // The second piece is asked for with the first; from then on as many as may be under way.
    std::uint64_t wanted = number == 0 ? 1 : core_.parallel;
    for (std::uint64_t next = ahead_.back().number + 1; next <= number + wanted && next < pieces(); next++) ask(next);
  }
  Result<std::string> bytes = ahead_.front().bytes.get();
  ahead_.pop_front();
  if (!bytes && bytes.error().code == Code::not_found) {
    return data_loss("the bytes of " + (digest_ ? "blob " + digest_->string() : place_.key) + " are gone from S3")
        .advise("push the blob again, or restore it from a backup");
  }
  piece_ = SOUK_TRY(std::move(bytes));
  number_ = number;
  return check();
}

// Feeds the piece at hand to the digest, if it is its turn: beside what the caller does with it, but for the last.
Status Reader::check() {
  if (!digest_ || *number_ != hashed_) return {};
  hashed_++;
  if (hashed_ < pieces()) {
    hashing_ = core_.run<void>([this] { hash_.update(as_bytes(piece_)); });
    return {};
  }
  hash_.update(as_bytes(piece_));
  hashed_ = 0;
  if (Digest is = hash_.finish(); is != *digest_) {
    number_.reset();
    return rotten(*digest_, is);
  }
  return {};
}

Result<std::size_t> Reader::read_at(std::uint64_t offset, std::span<std::byte> into) {
  if (offset > place_.size) {
    return out_of_range("reading at " + std::to_string(offset) + " of a blob of " + std::to_string(place_.size) +
                        " bytes");
  }
  if (offset == place_.size || into.empty()) return std::size_t{0};
  SOUK_TRY(load(offset / Core::kReadBytes));
  std::size_t from = static_cast<std::size_t>(offset % Core::kReadBytes);
  std::size_t count = std::min(into.size(), piece_.size() - from);
  std::memcpy(into.data(), piece_.data() + from, count);
  return count;
}

std::string Reader::direct_url() const {
  if (core_.redirect_from == 0 || place_.size < core_.redirect_from) return "";
  return core_.sender.presign(place_.key, {{"response-content-type", "application/octet-stream"}}, kUrlLife);
}

Result<std::string> Reader::local_path() {
  if (held_) return held_->path;
  std::shared_ptr<Cache> cache = SOUK_TRY(core_.cache());
  auto fill = [this](const Cache::Sink& sink) -> Status {
    Reader reader(core_, place_, std::nullopt);
    std::vector<std::byte> piece(Core::kReadBytes);
    for (std::uint64_t at = 0; at < place_.size;) {
      std::size_t got = SOUK_TRY(reader.read_at(at, piece));
      SOUK_TRY(sink(std::span(piece).first(got)));
      at += got;
    }
    return {};
  };
  for (int tried = 1;; tried++) {
    Result<std::unique_ptr<Cache::Held>> held = cache->get(*digest_, place_.size, fill);
    if (!held && held.error().code == Code::data_loss && tried < kCacheTries) continue;
    held_ = SOUK_TRY(std::move(held));
    return held_->path;
  }
}

}  // namespace souk::blobs::s3
