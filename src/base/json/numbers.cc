// SPDX-License-Identifier: Apache-2.0
#include "base/json_numbers.h"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>

#include "base/json/digits.h"
#include "base/json/element.h"

namespace souk::json {

namespace dom = simdjson::dom;

struct WriterAccess {
  static std::string& begin(Writer& writer) {
    writer.separate();
    return writer.out_;
  }
};

namespace {

template <class T>
std::string type_text() {
  if constexpr (std::is_same_v<T, Bool>) {
    return "a boolean";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "a string";
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? "a number that fits 32 bits" : "a number";
  } else {
    return "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
           std::to_string(std::numeric_limits<T>::max());
  }
}

bool take(dom::element element, Bool& out) {
  bool flag = false;
  if (element.get_bool().get(flag)) return false;
  out = flag ? Bool::yes : Bool::no;
  return true;
}

bool take(dom::element element, std::string& out) {
  std::string_view text;
  if (element.get_string().get(text)) return false;
  out = text;
  return true;
}

template <std::floating_point T>
bool take(dom::element element, T& out) {
  double number = 0;
  if (element.get_double().get(number)) return false;
  out = static_cast<T>(number);
  return std::is_same_v<T, double> || !std::isinf(out);
}

template <std::signed_integral T>
bool take(dom::element element, T& out) {
  std::int64_t number = 0;
  if (!element.is<std::int64_t>() || element.get_int64().get(number)) return false;
  out = static_cast<T>(number);
  return out == number;
}

template <std::unsigned_integral T>
bool take(dom::element element, T& out) {
  std::uint64_t number = 0;
  if (element.get_uint64().get(number)) return false;
  out = static_cast<T>(number);
  return out == number;
}

// Walks the nested arrays once; the first path down to a scalar (or an empty array) sets the rank.
template <class T>
class ArrayReader {
 public:
  ArrayReader(std::vector<T>& out, std::vector<std::int64_t>& shape) : out_(out), shape_(shape) {
    out_.clear();
    shape_.clear();
  }

  Status read(dom::array array, std::size_t level) {
    const std::size_t size = ValueAccess::value(as_element(array)).size();
    if (level == shape_.size()) {
      shape_.push_back(static_cast<std::int64_t>(size));
      if (size == 0 || !(*array.begin()).is_array()) rank_ = level + 1;
    } else if (shape_[level] != static_cast<std::int64_t>(size)) {
      return invalid_argument("expected an array of " + std::to_string(shape_[level]) +
                              " elements like those before it, got " + std::to_string(size));
    }
    return level + 1 == rank_ ? read_leaf(array, size) : read_inner(array, level);
  }

 private:
  // An array is a view of its element's place on the tape.
  static dom::element as_element(dom::array array) {
    static_assert(sizeof(dom::array) == sizeof(dom::element));
    return std::bit_cast<dom::element>(array);
  }

  Status read_leaf(dom::array array, std::size_t size) {
    const std::size_t begin = out_.size();
    out_.resize(begin + size);
    T* next = out_.data() + begin;
    for (const dom::element element : array) {
      if (!take(element, *next)) {
        return detail::inside_index(wrong(ValueAccess::value(element), type_text<T>()),
                                    static_cast<std::size_t>(next - out_.data()) - begin);
      }
      ++next;
    }
    return {};
  }

  Status read_inner(dom::array array, std::size_t level) {
    std::size_t index = 0;
    for (const dom::element element : array) {
      dom::array inner;
      Status status =
          element.get_array().get(inner) ? wrong(ValueAccess::value(element), "an array") : read(inner, level + 1);
      if (!status) return detail::inside_index(std::move(status).error(), index);
      ++index;
    }
    return {};
  }

  static Error wrong(Value value, const std::string& expected) {
    const Kind kind = value.kind();
    const bool number = kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::number;
    return invalid_argument("expected " + expected + ", got " +
                            (number ? value.raw() : std::string(value.kind_name())));
  }

  std::vector<T>& out_;
  std::vector<std::int64_t>& shape_;
  std::size_t rank_ = 0;  // 0: not known yet
};

template <class T>
char* append_element(char* to, T value) {
  if constexpr (std::is_same_v<T, Bool>) {
    const std::string_view text = value == Bool::no ? "false" : "true";
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  } else {
    return append_digits(to, value);
  }
}

}  // namespace

template <class T>
Status read_array(Value in, std::vector<T>& out, std::vector<std::int64_t>& shape) {
  dom::array array;
  if (ValueAccess::element(in).get_array().get(array)) return detail::expect(in, Kind::array);
  return ArrayReader<T>(out, shape).read(array, 0);
}

template <class T>
void write_array(Writer& out, std::span<const T> values) {
  constexpr std::size_t kBlock = 1024;
  std::string& text = WriterAccess::begin(out);
  text += '[';
  for (std::size_t i = 0; i < values.size(); i += kBlock) {
    const auto block = values.subspan(i, std::min(kBlock, values.size() - i));
    const std::size_t begin = text.size();
    text.resize(begin + block.size() * (kLongestNumber + 1));
    char* to = text.data() + begin;
    for (const T value : block) {
      to = append_element(to, value);
      *to++ = ',';
    }
    text.resize(static_cast<std::size_t>(to - text.data()));
  }
  if (!values.empty()) text.pop_back();
  text += ']';
}

void write_array(Writer& out, std::span<const std::string_view> values) {
  out.begin_array();
  for (const std::string_view value : values) out.value(value);
  out.end_array();
}

#define SOUK_JSON_ARRAY(T)                                                        \
  template Status read_array(Value, std::vector<T>&, std::vector<std::int64_t>&); \
  template void write_array(Writer&, std::span<const T>);
SOUK_JSON_ARRAY(std::int8_t)
SOUK_JSON_ARRAY(std::int16_t)
SOUK_JSON_ARRAY(std::int32_t)
SOUK_JSON_ARRAY(std::int64_t)
SOUK_JSON_ARRAY(std::uint8_t)
SOUK_JSON_ARRAY(std::uint16_t)
SOUK_JSON_ARRAY(std::uint32_t)
SOUK_JSON_ARRAY(std::uint64_t)
SOUK_JSON_ARRAY(float)
SOUK_JSON_ARRAY(double)
SOUK_JSON_ARRAY(Bool)
#undef SOUK_JSON_ARRAY
template Status read_array(Value, std::vector<std::string>&, std::vector<std::int64_t>&);

}  // namespace souk::json
