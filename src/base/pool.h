// SPDX-License-Identifier: Apache-2.0
//
// A bounded, named pool of threads with one queue. Full means `unavailable` at once, never waiting.
// The destructor runs what is queued, then joins.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace souk {

class Pool {
 public:
  // `name` shows in `top -H` and in messages; at most 15 characters.
  Pool(std::string name, std::size_t threads, std::size_t queue_limit);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Errors: unavailable (queue full or closing), with retry_after
  Status post(std::function<void()> work);
  std::size_t queued() const;
  std::size_t threads() const;
  // Refuses new work and waits for what is queued.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
