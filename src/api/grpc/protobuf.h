// SPDX-License-Identifier: Apache-2.0
//
// protobuf's wire format by hand, for messages that are read and written millions of times: what is read are views
// into the buffer, and nothing is taken on trust. Source: protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace souk::api::grpc {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct ProtoField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  // varint, fixed64, fixed32
  std::string_view bytes;   // of `bytes`
};

// Walks through the fields of one message.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // False at the end, and when what follows is no field: then bad() says so.
  bool next(ProtoField& field) {
    if (at_ == end_ || bad_) return false;
    std::uint64_t tag = 0;
    if (!varint(tag) || tag > UINT32_MAX || tag >> 3 == 0) return fail();
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    switch (field.type) {
      case WireType::varint:
        return varint(field.value) || fail();
      case WireType::fixed64:
        return fixed<std::uint64_t>(field.value) || fail();
      case WireType::fixed32:
        return fixed<std::uint32_t>(field.value) || fail();
      case WireType::bytes: {
        std::uint64_t size = 0;
        if (!varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return fail();
        field.bytes = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        return true;
      }
    }
    return fail();  // groups, and types that there are not
  }
  bool bad() const { return bad_; }

  // For packed numbers: a varint, or a fixed number, after the other.
  bool at_end() const { return at_ == end_; }
  bool varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) return false;
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return true;
    }
    return false;
  }
  template <class T>
  bool fixed(std::uint64_t& value) {
    if (static_cast<std::size_t>(end_ - at_) < sizeof(T)) return false;
    T number;
    std::memcpy(&number, at_, sizeof number);
    value = number;
    at_ += sizeof number;
    return true;
  }

 private:
  bool fail() {
    bad_ = true;
    return false;
  }

  const char* at_;
  const char* end_;
  bool bad_ = false;
};

inline std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value > 127; value >>= 7) ++size;
  return size;
}
inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value > 127; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
inline void put_tag(std::string& out, std::uint32_t number, WireType type) {
  put_varint(out, number << 3 | static_cast<std::uint32_t>(type));
}
inline void put_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  put_tag(out, number, WireType::bytes);
  put_varint(out, bytes.size());
  out += bytes;
}
// The size of a field of bytes, tag and length included.
inline std::size_t bytes_size(std::uint32_t number, std::size_t size) {
  return varint_size(number << 3) + varint_size(size) + size;
}

}  // namespace souk::api::grpc
