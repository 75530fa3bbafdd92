// SPDX-License-Identifier: Apache-2.0
//
// What a load takes, measured: by how much the heap grew from before the load to after the warm-up, which is what the
// runtime holds (weights, what it prepacked, its arenas). The heap counts bytes in use, so memory that an unloaded
// model left free does not hide a load. Loads that overlap share the growth of their common time by the size of their
// files: the sum is right, and the share is corrected when the model is loaded alone again. What requests take
// meanwhile and give back is not told apart; weights that stay mapped from files are not on the heap and not counted.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>

namespace souk::serving {

class Meter {
 public:
  using Read = std::function<std::int64_t()>;  // bytes in use
  explicit Meter(Read read) : read_(std::move(read)) {}

  struct Load {
    double weight = 1;
    double grown = 0;
  };
  using Ticket = std::list<Load>::iterator;
  Ticket begin(std::int64_t file_bytes);
  // What it took until now. Unit: bytes.
  std::int64_t so_far(Ticket ticket);
  // What it took. Unit: bytes.
  std::int64_t end(Ticket ticket);
  // Something that was measured to take so much has been freed.
  void freed(std::int64_t bytes);

 private:
  void share_out();  // under the mutex

  const Read read_;
  std::mutex mutex_;
  std::list<Load> loads_;
  std::int64_t last_ = 0;
};

}  // namespace souk::serving
