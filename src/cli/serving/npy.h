// SPDX-License-Identifier: Apache-2.0
//
// An array as numpy.save writes it (NEP 1, format versions 1.0 to 3.0), little-endian and in C order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::cli {

struct NpyArray {
  std::string datatype;  // as the Open Inference Protocol names it; texts ('S', 'U') are BYTES
  std::vector<std::int64_t> shape;
  // As OIP's binary tensor data: row-major, BYTES with four bytes of length before each.
  std::string data;
};

bool is_npy(std::string_view file);
// Errors: invalid_argument (broken off; big-endian, Fortran order, objects, complex numbers: what to do instead)
Result<NpyArray> read_npy(std::string_view file);

}  // namespace souk::cli
