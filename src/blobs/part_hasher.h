// SPDX-License-Identifier: Apache-2.0
//
// The SHA-256 of an upload in parts, computed beside it as far as parts come about in order: each is hashed while its
// bytes are at hand, once those before it are. What came out of order is hashed at the end, from the store.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"

namespace souk::blobs {

class PartHasher {
 public:
  // The part is on its way. One that was hashed already comes anew: hashing begins again.
  void begin(std::uint32_t number);
  // It is not any more, whether it came or not.
  void end(std::uint32_t number);
  // Feeds the part when all before it were, waiting for those that are on their way; else leaves it for the end.
  void add(std::uint32_t number, const std::function<void(Sha256&)>& feed);
  // Its bytes are kept under this tag.
  void settle(std::uint32_t number, const std::string& tag);

  // What is hashed of a whole of these tags: so many parts from the first on. Hashing begins again, so that an end
  // that failed may be repeated.
  struct Hashed {
    std::uint32_t parts = 0;
    Sha256 hash;
  };
  Hashed take(const std::vector<std::string>& tags);

  static constexpr Duration kPatience{10'000};

 private:
  void forget();  // under the mutex

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multiset<std::uint32_t> coming_;
  std::map<std::uint32_t, std::string> tags_;
  std::uint32_t next_ = 1;
  bool feeding_ = false;
  bool stale_ = false;  // begun again while a part was being fed
  Sha256 hash_;
};

}  // namespace souk::blobs
