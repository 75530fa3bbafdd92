// SPDX-License-Identifier: Apache-2.0
//
// A .tar.zst as it is written, entry by entry, into whatever takes bytes. Entries have no owner and no time of their
// own. libarchive stands behind it. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::registry {

class ArchiveWriter {
 public:
  using Sink = std::function<Status(std::span<const std::byte>)>;
  static Result<std::unique_ptr<ArchiveWriter>> open(Sink sink);
  ~ArchiveWriter();

  // A file of so many bytes, to be followed by writes of just as many. Errors: the sink's
  Status begin(std::string_view path, std::uint64_t size);
  Status write(std::span<const std::byte> bytes);
  Status file(std::string_view path, std::string_view text);
  Status close();

 private:
  struct State;
  explicit ArchiveWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::registry
