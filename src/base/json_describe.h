// SPDX-License-Identifier: Apache-2.0
//
// The template half of json.h. Each described struct becomes two constant tables of its fields (one to read,
// one to write), which the plain functions of json/describe.cc walk; the templates only turn types into tables.
#pragma once

#include <concepts>
#include <span>

#include "base/json.h"  // IWYU pragma: keep

namespace souk {
struct Digest;
}

namespace souk::json {

template <class F>
Status Value::each_element(F&& f) const {
  return elements(
      &f, [](void* state, Value value) -> Status { return (*static_cast<std::remove_reference_t<F>*>(state))(value); });
}

template <class F>
Status Value::each_member(F&& f) const {
  return members(&f, [](void* state, std::string_view key, Value value) -> Status {
    return (*static_cast<std::remove_reference_t<F>*>(state))(key, value);
  });
}

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsPatch : std::false_type {};
template <class T>
struct IsPatch<Patch<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsMap<std::map<std::string, T, std::less<>>> : std::true_type {};
template <class T>
struct IsId : std::false_type {};
template <class Kind>
struct IsId<Id<Kind>> : std::true_type {};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
inline constexpr bool kMayBeAbsent = IsOptional<T>::value || IsPatch<T>::value || IsVector<T>::value || IsMap<T>::value;
template <class T>
inline constexpr bool kAlwaysFalse = false;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

constexpr std::string_view field_name(std::string_view name) {
  if (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

// --- what is written once, in json/describe.cc --------------------------------------------------------

struct ReadField {
  std::string_view name;
  bool required;
  Status (*read)(Value in, void* object, UnknownFields unknown);
};
struct WriteField {
  std::string_view name;
  bool (*present)(const void* object);  // null: always
  void (*write)(Writer& out, const void* object);
};
struct EnumName {
  std::string_view name;
  std::int64_t value;
};

Status read_object(Value in, void* object, std::span<const ReadField> fields, UnknownFields unknown);
void write_object(Writer& out, const void* object, std::span<const WriteField> fields);
Status read_enum(Value in, std::span<const EnumName> names, std::int64_t& value);
Status expect(Value in, Kind kind);
Status read_signed(Value in, std::int64_t min, std::int64_t max, std::int64_t& out);
Status read_unsigned(Value in, std::uint64_t max, std::uint64_t& out);
Status read_one(Value in, bool& out);
Status read_one(Value in, double& out);
Status read_one(Value in, float& out);
Status read_one(Value in, std::string& out);
Status read_one(Value in, Time& out);
Status read_one(Value in, Digest& out);
Status read_one(Value in, Raw& out);
void write_one(Writer& out, Time value);
void write_one(Writer& out, const Digest& value);
// Puts a field's name, an index or a map's key in front of the path that an error carries.
Error inside_field(Error error, std::string_view name);
Error inside_index(Error error, std::size_t index);
Error duplicate_key(std::string_view name);
// Looks at all objects inside. Errors: invalid_argument
Status refuse_duplicates(Value in);

// --- enums --------------------------------------------------------------------------------------------

template <class E, class List>
struct EnumTable;
template <class E, template <class...> class List, class... D>
struct EnumTable<E, List<D...>> {
  static constexpr std::array<EnumName, sizeof...(D)> names{EnumName{D::name, static_cast<std::int64_t>(D::value)}...};
};
template <class E>
constexpr std::span<const EnumName> enum_names() {
  return EnumTable<E, boost::describe::describe_enumerators<E>>::names;
}

// --- reading ------------------------------------------------------------------------------------------

template <class T>
Status read_value(Value in, T& out, UnknownFields unknown);

template <class T, class List>
struct ReadTable;
template <class T, template <class...> class List, class... D>
struct ReadTable<T, List<D...>> {
  template <class M>
  using Type = std::remove_cvref_t<decltype(std::declval<T&>().*M::pointer)>;
  template <class M>
  static Status read_member(Value in, void* object, UnknownFields unknown) {
    return read_value(in, static_cast<T*>(object)->*M::pointer, unknown);
  }
  static constexpr std::array<ReadField, sizeof...(D)> fields{
      ReadField{field_name(D::name), !kMayBeAbsent<Type<D>>, &read_member<D>}...};
};

template <class T>
Status read_list(Value in, std::vector<T>& out, UnknownFields unknown) {
  SOUK_TRY(expect(in, Kind::array));
  out.clear();
  out.reserve(in.size());
  return in.each_element([&](Value element) -> Status {
    T one{};
    if (Status status = read_value(element, one, unknown); !status) {
      return inside_index(std::move(status).error(), out.size());
    }
    out.push_back(std::move(one));
    return {};
  });
}

template <class Map>
Status read_map(Value in, Map& out, UnknownFields unknown) {
  SOUK_TRY(expect(in, Kind::object));
  out.clear();
  return in.each_member([&](std::string_view key, Value value) -> Status {
    const auto [place, is_new] = out.try_emplace(std::string(key));
    if (!is_new) return duplicate_key(key);
    if (Status status = read_value(value, place->second, unknown); !status) {
      return inside_field(std::move(status).error(), key);
    }
    return {};
  });
}

template <class T>
Status read_integer(Value in, T& out) {
  if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = 0;
    SOUK_TRY(read_signed(in, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), wide));
    out = static_cast<T>(wide);
  } else {
    std::uint64_t wide = 0;
    SOUK_TRY(read_unsigned(in, std::numeric_limits<T>::max(), wide));
    out = static_cast<T>(wide);
  }
  return {};
}

template <class T>
Status read_value(Value in, T& out, UnknownFields unknown) {
  if constexpr (IsOptional<T>::value) {
    out.reset();
    if (in.kind() == Kind::null) return {};
    return read_value(in, out.emplace(), unknown);
  } else if constexpr (IsPatch<T>::value) {
    out.state = in.kind() == Kind::null ? T::State::null : T::State::value;
    if (out.is_null()) return {};
    return read_value(in, out.value, unknown);
  } else if constexpr (IsVector<T>::value) {
    return read_list(in, out, unknown);
  } else if constexpr (IsMap<T>::value) {
    return read_map(in, out, unknown);
  } else if constexpr (IsId<T>::value) {
    return read_signed(in, 1, 999'999'999, out.value);
  } else if constexpr (DescribedEnum<T>) {
    std::int64_t value = 0;
    SOUK_TRY(read_enum(in, enum_names<T>(), value));
    out = static_cast<T>(value);
    return {};
  } else if constexpr (DescribedStruct<T>) {
    return read_object(in, &out, ReadTable<T, Members<T>>::fields, unknown);
  } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    return read_integer(in, out);
  } else {
    return read_one(in, out);
  }
}

// --- writing ------------------------------------------------------------------------------------------

template <class T>
void write_value(Writer& out, const T& value);

template <class T, class List>
struct WriteTable;
template <class T, template <class...> class List, class... D>
struct WriteTable<T, List<D...>> {
  template <class M>
  using Type = std::remove_cvref_t<decltype(std::declval<const T&>().*M::pointer)>;
  template <class M>
  static void write_member(Writer& out, const void* object) {
    write_value(out, static_cast<const T*>(object)->*M::pointer);
  }
  template <class M>
  static bool is_present(const void* object) {
    const auto& member = static_cast<const T*>(object)->*M::pointer;
    if constexpr (IsPatch<Type<M>>::value) {
      return member.given();
    } else {
      return member.has_value();
    }
  }
  template <class M>
  static constexpr auto presence() -> bool (*)(const void*) {
    if constexpr (IsOptional<Type<M>>::value || IsPatch<Type<M>>::value) {
      return &is_present<M>;
    } else {
      return nullptr;
    }
  }
  static constexpr std::array<WriteField, sizeof...(D)> fields{
      WriteField{field_name(D::name), presence<D>(), &write_member<D>}...};
};

template <class T>
void write_value(Writer& out, const T& value) {
  if constexpr (IsOptional<T>::value) {
    value ? write_value(out, *value) : out.null();
  } else if constexpr (IsPatch<T>::value) {
    value.has_value() ? write_value(out, value.value) : out.null();
  } else if constexpr (IsVector<T>::value) {
    out.begin_array();
    for (const auto& element : value) write_value<typename T::value_type>(out, element);
    out.end_array();
  } else if constexpr (IsMap<T>::value) {
    out.begin_object();
    for (const auto& [key, element] : value) {
      out.key(key);
      write_value(out, element);
    }
    out.end_object();
  } else if constexpr (IsId<T>::value) {
    out.value(value.value);
  } else if constexpr (DescribedEnum<T>) {
    out.value(enum_name(value));
  } else if constexpr (DescribedStruct<T>) {
    write_object(out, &value, WriteTable<T, Members<T>>::fields);
  } else if constexpr (std::same_as<T, Raw>) {
    out.raw(value.text);
  } else if constexpr (std::same_as<T, Time> || std::same_as<T, Digest>) {
    write_one(out, value);
  } else {
    out.value(value);
  }
}

}  // namespace detail

template <class T>
void write(Writer& out, const T& value) {
  detail::write_value(out, value);
}

template <class T>
Status read(Value in, T& out, UnknownFields unknown, std::string_view path) {
  Status status = detail::read_value(in, out, unknown);
  if (!status && !path.empty()) return detail::inside_field(std::move(status).error(), path);
  return status;
}

template <class E>
std::string_view enum_name(E value) {
  for (const detail::EnumName& one : detail::enum_names<E>()) {
    if (one.value == static_cast<std::int64_t>(value)) return one.name;
  }
  return "UNKNOWN";
}

template <class E>
std::optional<E> enum_value(std::string_view name) {
  for (const detail::EnumName& one : detail::enum_names<E>()) {
    if (one.name == name) return static_cast<E>(one.value);
  }
  return std::nullopt;
}

}  // namespace souk::json
