// SPDX-License-Identifier: Apache-2.0
//
// The body of one request as DATA frames bring it. What nobody has asked for yet is kept, and as long as it is kept the
// client's window stays that much smaller: `push` and `pump` answer how many bytes have been used up. Belongs to one
// loop.
#pragma once

#include <string>

#include "net/body_reader.h"

namespace souk::net {

class Http2Body : public BodyReader {
 public:
  void begin(std::optional<std::uint64_t> length, bool has_body, bool expects_continue, SteadyTime now);

  std::size_t push(std::span<const std::byte> bytes, SteadyTime now);
  void end();
  bool whole() const { return last_came_; }
  // Gives to who waits what is here, or what went wrong.
  std::size_t pump(SteadyTime now);
  // What nobody will ask for any more is used up as it comes.
  std::size_t abandon();

 private:
  std::size_t give(std::span<const std::byte> bytes, SteadyTime now);

  bool last_came_ = true;
  bool abandoned_ = false;
  std::string kept_;
  std::size_t given_ = 0;  // of kept_
};

}  // namespace souk::net
