// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/npz.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::cli {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(0, 2)), nullptr, 16));
  }
  return bytes;
}

// By Python's zipfile, each member opened with force_zip64=True as numpy.savez does: a.npy "A" * 20, b.npy "b".
const std::string kStored = from_hex(
    "504b03042d000000000000002100c518201dffffffffffffffff05001400612e6e707901001000140000000000000014"
    "000000000000004141414141414141414141414141414141414141504b03042d000000000000002100f9efbe71ffffff"
    "ffffffffff05001400622e6e7079010010000100000000000000010000000000000062504b01022d032d000000000000"
    "002100c518201d1400000014000000050000000000000000000000800100000000612e6e7079504b01022d032d000000"
    "000000002100f9efbe71010000000100000005000000000000000000000080014b000000622e6e7079504b0506000000"
    "000200020066000000830000000000");
const std::string kPacked = from_hex(
    "504b03042d000000080000002100c518201dffffffffffffffff05001400612e6e707901001000140000000000000005"
    "000000000000007374c40400504b03042d000000080000002100f9efbe71ffffffffffffffff05001400622e6e707901"
    "001000010000000000000003000000000000004b0200504b01022d032d000000080000002100c518201d050000001400"
    "0000050000000000000000000000800100000000612e6e7079504b01022d032d000000080000002100f9efbe71030000"
    "000100000005000000000000000000000080013c000000622e6e7079504b050600000000020002006600000076000000"
    "0000");

TEST(Npz, StoredAndPacked) {
  for (const std::string& file : {kStored, kPacked}) {
    ASSERT_TRUE(is_npz(file));
    const auto arrays = read_npz(file);
    ASSERT_TRUE(arrays) << arrays.error().describe();
    ASSERT_EQ(arrays->size(), 2U);
    EXPECT_EQ((*arrays)[0], (std::pair<std::string, std::string>{"a", std::string(20, 'A')}));
    EXPECT_EQ((*arrays)[1], (std::pair<std::string, std::string>{"b", "b"}));
  }
  EXPECT_FALSE(is_npz("\x93NUMPY"));
}

TEST(Npz, WhatIsDamagedIsSaid) {
  for (const std::string& file : {kStored, kPacked}) {
    for (std::size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(read_npz(file.substr(0, size))) << size;
    for (std::size_t at = 0; at < file.size(); ++at) {  // nothing is read beyond the end, whatever a byte says
      std::string other = file;
      other[at] = static_cast<char>(~other[at]);
      (void)read_npz(other);
    }
    std::string other = file;
    other[other.find("AAAA") == std::string::npos ? 56 : other.find("AAAA")] ^= 1;
    EXPECT_FALSE(read_npz(other)) << "its sum is another";
  }
}

}  // namespace
}  // namespace souk::cli
