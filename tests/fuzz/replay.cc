// SPDX-License-Identifier: Apache-2.0
//
// Gives a reader every file of its corpus, and of each file every beginning (at most 512 of them): a message that
// breaks off is the commonest bad one.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
    return 2;
  }
  std::size_t files = 0, inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    ++files;
    std::size_t step = std::max<std::size_t>(1, bytes.size() / 512);
    for (std::size_t size = 0; size <= bytes.size(); size += step, ++inputs) {
      // In memory of its own size, so that a read past the end is seen.
      std::vector<std::uint8_t> input(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      input.shrink_to_fit();
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  std::printf("%zu files, %zu inputs\n", files, inputs);
  return files == 0;
}
