// SPDX-License-Identifier: Apache-2.0
//
// What a reader of outside bytes must keep, said so that it holds in a build without assertions too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "runtimes/runtime.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace souk::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Reads every byte that was promised: a view past its owner is seen by the address sanitizer.
inline void touch(std::string_view bytes) {
  static volatile unsigned char sink;
  for (char c : bytes) sink = static_cast<unsigned char>(sink ^ static_cast<unsigned char>(c));
}

inline void touch(const runtimes::TensorView& view) {
  touch(view.name);
  touch(std::string_view(reinterpret_cast<const char*>(view.data.data()), view.data.size()));
  for (std::string_view text : view.strings) touch(text);
  for (std::int64_t dimension : view.shape) require(dimension >= 0, "no dimension is negative");
}

// An error that a caller is shown says something.
inline void check(const Error& error) {
  require(!error.message.empty(), "an error has a message");
}

}  // namespace souk::fuzz
