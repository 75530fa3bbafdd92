// SPDX-License-Identifier: Apache-2.0
#include "blobs/part_hasher.h"

#include <utility>

namespace souk::blobs {

void PartHasher::forget() {
  if (feeding_) {
    stale_ = true;
  } else {
    hash_.finish();
    next_ = 1;
  }
  tags_.clear();
}

void PartHasher::begin(std::uint32_t number) {
  std::lock_guard lock(mutex_);
  if (number < next_ || (feeding_ && number == next_)) forget();
  tags_.erase(number);
  coming_.insert(number);
}

void PartHasher::end(std::uint32_t number) {
  std::lock_guard lock(mutex_);
  if (auto found = coming_.find(number); found != coming_.end()) coming_.erase(found);
  changed_.notify_all();
}

void PartHasher::add(std::uint32_t number, const std::function<void(Sha256&)>& feed) {
  std::unique_lock lock(mutex_);
  // The turn may come: whatever is still to be hashed before this part is on its way.
  auto may_come = [&] {
    for (std::uint32_t before = next_; before < number; before++) {
      if (!coming_.contains(before)) return false;
    }
    return true;
  };
  auto my_turn = [&] { return next_ == number && !feeding_; };
  changed_.wait_for(lock, kPatience, [&] { return my_turn() || next_ > number || !may_come(); });
  if (!my_turn()) return;
  feeding_ = true;
  lock.unlock();
  feed(hash_);
  lock.lock();
  feeding_ = false;
  if (stale_) {
    stale_ = false;
    hash_.finish();
    next_ = 1;
  } else {
    next_++;
  }
  changed_.notify_all();
}

void PartHasher::settle(std::uint32_t number, const std::string& tag) {
  std::lock_guard lock(mutex_);
  tags_[number] = tag;
}

PartHasher::Hashed PartHasher::take(const std::vector<std::string>& tags) {
  std::lock_guard lock(mutex_);
  Hashed out{next_ - 1, std::exchange(hash_, Sha256())};
  for (std::uint32_t number = 1; number < next_; number++) {
    auto found = tags_.find(number);
    if (number <= tags.size() && found != tags_.end() && found->second == tags[number - 1]) continue;
    out = {};
    break;
  }
  next_ = 1;
  tags_.clear();
  return out;
}

}  // namespace souk::blobs
