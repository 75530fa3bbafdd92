// SPDX-License-Identifier: Apache-2.0
#include "cli/task_input.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <vector>

#include "base/digest.h"
#include "cli/output.h"

namespace souk::cli {
namespace {

constexpr std::size_t kMostBytes = 64 << 20;

Result<std::string> read_all(std::istream& stream, const std::string& shown) {
  std::string text;
  std::vector<char> block(64 << 10);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())), stream.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMostBytes) return invalid_argument(shown + " is larger than " + human_bytes(kMostBytes));
  }
  if (stream.bad()) return unavailable("cannot read " + shown);
  return text;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return read_all(std::cin, "stdin");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return not_found("cannot read " + path + ": " + std::strerror(errno));
  return read_all(stream, path);
}

Result<std::string> read_argument(const std::string& text) {
  if (text == "-") return read_file(text);
  if (text.starts_with('@')) return read_file(text.substr(1));
  return text;
}

std::string image_input(const std::string& image) {
  return R"({"data":{"type":"image-base64","image-base64":")" + to_base64(image) + "\"}}";
}

}  // namespace souk::cli
