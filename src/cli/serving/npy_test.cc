// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/npy.h"

#include <gtest/gtest.h>

namespace souk::cli {
namespace {

std::string file_of(const std::string& header, const std::string& data, char version = 1) {
  std::string out("\x93NUMPY", 6);
  out += version;
  out += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> (8 * i));
  return out + header + data;
}
std::string header_of(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }     \n";
}

TEST(Npy, NumbersKeepTheirBytes) {
  const auto array = read_npy(file_of(header_of("<i4", "(2, 1)"), std::string("\1\0\0\0\xff\xff\xff\xff", 8)));
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->datatype, "INT32");
  EXPECT_EQ(array->shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(array->data, std::string("\1\0\0\0\xff\xff\xff\xff", 8));
}

TEST(Npy, EveryVersionAndAScalar) {
  for (char version : {1, 2, 3}) {
    const auto array = read_npy(file_of(header_of("|b1", "()"), "\1", version));
    ASSERT_TRUE(array.has_value()) << int(version);
    EXPECT_EQ(array->datatype, "BOOL");
    EXPECT_TRUE(array->shape.empty());
  }
}

TEST(Npy, TextsBecomeBytes) {
  const std::string euro("\xac\x20\0\0\0\0\0\0", 8);
  auto array = read_npy(file_of(header_of("<U2", "(1,)"), euro));
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->datatype, "BYTES");
  EXPECT_EQ(array->data, std::string("\3\0\0\0\xe2\x82\xac", 7));
  array = read_npy(file_of(header_of("|S3", "(2,)"), std::string("ab\0xyz", 6)));
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->data, std::string("\2\0\0\0ab\3\0\0\0xyz", 13));
}

TEST(Npy, WhatCannotBeTakenIsSaid) {
  const auto message = [](const std::string& file) {
    const auto array = read_npy(file);
    return array ? std::string() : array.error().message;
  };
  EXPECT_NE(message(file_of(header_of("<f4", "(2,)"), "abc")).find("breaks off"), std::string::npos);
  EXPECT_NE(message(file_of(header_of("<f4", "(4611686018427387904, 4)"), "")).find("breaks off"), std::string::npos);
  EXPECT_NE(message(file_of(header_of(">f4", "(1,)"), "abcd")).find("big-endian"), std::string::npos);
  EXPECT_NE(message(file_of(header_of("<f4", "(1,)", "True"), "abcd")).find("Fortran"), std::string::npos);
  EXPECT_NE(message(file_of(header_of("|O", "(1,)"), "abcd")).find("dtype 'O'"), std::string::npos);
  EXPECT_NE(message(file_of(header_of("<f4", "(-1,)"), "")).find("shape"), std::string::npos);
  EXPECT_NE(message(file_of(header_of("|S0", "(99999999999,)"), "")).find("more texts"), std::string::npos);
  const std::string whole = file_of(header_of("<f4", "(1,)"), "abcd");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(message(whole.substr(0, size)), "") << size;
}

}  // namespace
}  // namespace souk::cli
