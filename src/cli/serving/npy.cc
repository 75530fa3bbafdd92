// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace souk::cli {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostDimensions = 64;

std::uint32_t little(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// What follows `'key':` in the header, a Python literal of a dictionary.
std::optional<std::string_view> entry(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "':";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = header.substr(at + quoted.size());
  return rest.substr(std::min(rest.size(), rest.find_first_not_of(' ')));
}

Result<std::vector<std::int64_t>> shape_of(std::string_view tuple) {
  const std::size_t end = tuple.find(')');
  if (!tuple.starts_with('(') || end == std::string_view::npos) return invalid_argument("the array has no shape");
  std::vector<std::int64_t> shape;
  const char* at = tuple.data() + 1;
  const char* last = tuple.data() + end;
  while (true) {
    while (at != last && (*at == ' ' || *at == ',')) ++at;
    if (at == last) return shape;
    std::int64_t length = 0;
    const auto [next, fault] = std::from_chars(at, last, length);
    if (fault != std::errc() || length < 0 || shape.size() == kMostDimensions) {
      return invalid_argument("the array's shape cannot be read");
    }
    shape.push_back(length);
    at = next;
  }
}

struct Element {
  std::string datatype;
  std::size_t size = 0;
  char text = 0;  // 'S' or 'U'
};

Result<Element> element_of(std::string_view descr) {
  if (!descr.starts_with('\'')) {
    return invalid_argument("arrays of records are not taken").advise("save one array of one type a file");
  }
  descr.remove_prefix(1);
  descr = descr.substr(0, descr.find('\''));
  if (descr.starts_with('>')) {
    return invalid_argument("the array is big-endian").advise("save array.astype(array.dtype.newbyteorder('<'))");
  }
  if (descr.starts_with('<') || descr.starts_with('|') || descr.starts_with('=')) descr.remove_prefix(1);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kKinds{{{"b1", "BOOL"},
                                                                                         {"u1", "UINT8"},
                                                                                         {"u2", "UINT16"},
                                                                                         {"u4", "UINT32"},
                                                                                         {"u8", "UINT64"},
                                                                                         {"i1", "INT8"},
                                                                                         {"i2", "INT16"},
                                                                                         {"i4", "INT32"},
                                                                                         {"i8", "INT64"},
                                                                                         {"f2", "FP16"},
                                                                                         {"f4", "FP32"},
                                                                                         {"f8", "FP64"}}};
  for (const auto& [kind, datatype] : kKinds) {
    if (kind == descr) return Element{std::string(datatype), static_cast<std::size_t>(kind[1] - '0')};
  }
  if (descr.starts_with('S') || descr.starts_with('U')) {
    std::size_t length = 0;
    const auto [end, fault] = std::from_chars(descr.data() + 1, descr.data() + descr.size(), length);
    if (fault == std::errc() && end == descr.data() + descr.size() && length <= 64 << 20) {
      return Element{"BYTES", descr[0] == 'U' ? 4 * length : length, descr[0]};
    }
  }
  return invalid_argument("arrays of dtype '" + std::string(descr) + "' are not taken")
      .advise("save numbers, truth values or texts: array.astype('float32')");
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static constexpr std::array<unsigned, 4> kLead{0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[static_cast<std::size_t>(more)] | point >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (point >> (6 * i) & 0x3f));
}

// Texts end at their last byte that is not NUL, as numpy reads them.
std::string texts(std::string_view data, const Element& element, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view raw = data.substr(i * element.size, element.size);
    std::string text;
    if (element.text == 'S') {
      text = raw.substr(0, raw.find_last_not_of('\0') + 1);
    } else {
      for (; !raw.empty(); raw.remove_prefix(4)) {
        const std::uint32_t point = little(raw.substr(0, 4));
        append_utf8(text, point <= 0x10ffff ? point : 0xfffd);
      }
      text.resize(text.find_last_not_of('\0') + 1);
    }
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(text.size() >> shift);
    out += text;
  }
  return out;
}

}  // namespace

bool is_npy(std::string_view file) {
  return file.starts_with(kMagic);
}

Result<NpyArray> read_npy(std::string_view file) {
  const Error broken = invalid_argument("the .npy file breaks off");
  if (!is_npy(file) || file.size() < 10) return broken;
  const std::size_t length_bytes = file[6] == 1 ? 2 : 4;
  if (file[6] < 1 || file[6] > 3) return invalid_argument("the .npy file is of a version that is not known");
  const std::size_t begin = 8 + length_bytes;
  if (file.size() < begin) return broken;
  const std::size_t header_size = little(file.substr(8, length_bytes));
  if (file.size() - begin < header_size) return broken;
  const std::string_view header = file.substr(begin, header_size);
  const auto descr = entry(header, "descr"), order = entry(header, "fortran_order"), shape = entry(header, "shape");
  if (!descr || !order || !shape) return invalid_argument("the .npy file has no header that can be read");
  if (!order->starts_with("False")) {
    return invalid_argument("the array is in Fortran order").advise("save numpy.ascontiguousarray(array)");
  }
  const Element element = SOUK_TRY(element_of(*descr));
  NpyArray array{element.datatype, SOUK_TRY(shape_of(*shape)), {}};
  std::size_t count = 1, size = 0;
  for (const std::int64_t one : array.shape) {
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(one), &count)) return broken;
  }
  const std::string_view data = file.substr(begin + header_size);
  if (__builtin_mul_overflow(count, element.size, &size) || data.size() < size) return broken;
  // Texts of no length take no room in the file.
  if (element.text && count > file.size()) return invalid_argument("the array has more texts than the file has bytes");
  array.data = element.text ? texts(data, element, count) : std::string(data.substr(0, size));
  return array;
}

}  // namespace souk::cli
