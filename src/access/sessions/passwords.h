// SPDX-License-Identifier: Apache-2.0
//
// Passwords by argon2id (RFC 9106), in its encoded form. Hashing has threads of its own at the lowest priority and a
// bounded queue: however many sign in, other requests do not wait for it. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "access/settings.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "base/result.h"

namespace souk::access {

class Passwords {
 public:
  Passwords(const AccessSettings& settings, Metrics& metrics);

  // Blocks: cpu, for as long as others wait before it. Errors: unavailable (too many wait), internal (memory)
  Result<std::string> hash(const std::string& password);
  // An empty `encoded` matches nothing, and takes as long to find out.
  Result<bool> matches(const std::string& password, const std::string& encoded);
  // Whether the settings have changed since.
  bool outdated(std::string_view encoded) const;

 private:
  template <class T>
  Result<T> run(std::function<Result<T>()> work);

  const std::uint32_t memory_kib_;
  const std::uint32_t passes_;
  const std::string parameters_;  // "$argon2id$v=19$m=19456,t=2,p=1$"
  const std::string nobodys_;     // encoded, of no password
  Counter& runs_;
  Pool pool_;
};

// Characters enough, not too many, not all the same, not the name. Errors: invalid_argument
Status check_password(std::string_view password, std::string_view name, std::int64_t min_length);

}  // namespace souk::access
