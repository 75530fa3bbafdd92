// SPDX-License-Identifier: Apache-2.0
//
// JSON in and out of described structs (Boost.Describe names their fields), RFC 8259.
//
//   struct Model { std::string name; std::optional<std::string> owner; };
//   BOOST_DESCRIBE_STRUCT(Model, (), (name, owner))
//   Result<Model> model = json::read<Model>(text);      std::string text = json::write(model);
//
// Reading: a field that is neither optional, Patch, list nor map is required; null is an empty optional. Duplicate
// keys are refused, unknown ones by option, nesting past kMaxDepth and integers past 64 bits always. Errors are
// invalid_argument with `field` set to the path ("inputs[0].shape[1]") and a message that says what was expected
// and what came ("expected a string, got an object"). Doubles survive a round trip exactly.
// Writing: an empty optional is left out; NaN and infinities have no JSON form and become null.
// Described enums are their enumerators' names. A member whose C++ name ends in '_' loses it in JSON
// (`namespace_` is "namespace").
// simdjson stands behind Value; it is in no header.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace souk::json {

inline constexpr int kMaxDepth = 64;

enum class Kind { null, boolean, integer, unsigned_integer, number, string, array, object };

// One value inside a Document; valid as long as that.
class Value {
 public:
  Kind kind() const;
  std::string_view kind_name() const;  // "a string", "null", …, for messages
  bool boolean() const;
  std::int64_t integer() const;
  std::uint64_t unsigned_integer() const;
  double number() const;  // of an integer kind too
  std::string_view string() const;

  // Calls f(Value) for each element; stops at the first error.
  template <class F>
  Status each_element(F&& f) const;
  // Calls f(std::string_view key, Value) for each member; stops at the first error.
  template <class F>
  Status each_member(F&& f) const;
  std::size_t size() const;                               // of an array or object
  std::optional<Value> find(std::string_view key) const;  // the first member of that name
  std::string raw() const;                                // minified

 private:
  friend class Document;
  friend struct ValueAccess;
  using ElementFn = Status (*)(void* state, Value value);
  using MemberFn = Status (*)(void* state, std::string_view key, Value value);
  Status elements(void* state, ElementFn f) const;
  Status members(void* state, MemberFn f) const;
  std::array<std::uintptr_t, 2> handle_{};
};

// A parsed text, which owns what its Values show. Not thread-safe.
class Document {
 public:
  // Errors: invalid_argument (not JSON, too deep, not UTF-8), with the byte offset where known
  static Result<Document> parse(std::string_view text);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  Value root() const;

 private:
  Document();
  struct State;
  std::unique_ptr<State> state_;
};

// Any JSON value, validated and minified, kept as text. Default: null.
struct Raw {
  std::string text = "null";
  bool operator==(const Raw&) const = default;
  // Errors: invalid_argument
  static Result<Raw> parse(std::string_view text);
};

// A field of a JSON merge patch (RFC 7396): absent, null, or a value.
template <class T>
struct Patch {
  enum class State { absent, null, value } state = State::absent;
  T value{};
  bool given() const { return state != State::absent; }
  bool is_null() const { return state == State::null; }
  bool has_value() const { return state == State::value; }
};

enum class UnknownFields { refuse, ignore };

bool is_utf8(std::string_view text);

// Writes text into a growing string; keeps the commas. Not thread-safe.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(std::int64_t number);
  void value(std::uint64_t number);
  template <class I>
    requires std::is_integral_v<I>
  void value(I number) {
    value(static_cast<std::conditional_t<std::is_signed_v<I>, std::int64_t, std::uint64_t>>(number));
  }
  void value(double number);
  void value(float number);  // the shortest digits that give the same float
  void null();
  void raw(std::string_view json);  // trusted to be one JSON value

 private:
  friend struct WriterAccess;
  void separate();
  std::string& out_;
  bool comma_ = false;
};

// --- described structs -------------------------------------------------------------------------------

template <class T>
void write(Writer& out, const T& value);
template <class T>
Status read(Value in, T& out, UnknownFields unknown, std::string_view path);

template <class T>
std::string write(const T& value) {
  std::string out;
  Writer writer(out);
  write(writer, value);
  return out;
}

template <class T>
Result<T> read(std::string_view text, UnknownFields unknown = UnknownFields::refuse) {
  Document document = SOUK_TRY(Document::parse(text));
  T out{};
  SOUK_TRY(read(document.root(), out, unknown, ""));
  return out;
}

// The name of a described enumerator ("READY"), and back.
template <class E>
std::string_view enum_name(E value);
template <class E>
std::optional<E> enum_value(std::string_view name);

}  // namespace souk::json

#include "base/json_describe.h"  // IWYU pragma: export
