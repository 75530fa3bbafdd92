// SPDX-License-Identifier: Apache-2.0
//
// JSON Schema (2020-12) of described structs, as OpenAPI 3.1 takes them. Described structs and enums are collected
// as components under their own name; where two types have one name, the later gets that of its namespace in front
// (`oip::Tensor` is OipTensor).
//
//   json::Schemas schemas;
//   schemas.of<Model>();        // {"$ref":"#/components/schemas/Model"}
//   schemas.components();       // {"Model":{"type":"object",…},…}
//
// Fields are required as json::read requires them. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace souk::json {

class Schemas {
 public:
  // The schema of T: itself, or a reference to the component that it became.
  template <class T>
  std::string of();
  // All components so far, by name, as one JSON object.
  std::string components() const;

 private:
  struct Field {
    std::string_view name;
    bool required;
    std::string (*schema)(Schemas& schemas);
  };
  template <class T, class List>
  struct Fields;

  // A component is known by the address of a constant of its type.
  bool begin_component(const void* type, std::string_view qualified_name);
  std::string reference(const void* type) const;
  void add_object(const void* type, std::span<const Field> fields);
  void add_enum(const void* type, std::span<const detail::EnumName> names);
  static std::string nullable(std::string schema);
  static std::string integer(std::string_view minimum, std::string_view maximum, std::string_view format);

  std::map<const void*, std::string> names_;
  std::map<std::string, std::string> schemas_;
};

namespace detail {

template <class T>
inline constexpr char kTypeMark = 0;

// "souk::api::Model" of the compiler's spelling "… [with T = souk::api::Model; …]".
template <class T>
constexpr std::string_view qualified_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

}  // namespace detail

template <class T, template <class...> class List, class... D>
struct Schemas::Fields<T, List<D...>> {
  template <class M>
  using Type = std::remove_cvref_t<decltype(std::declval<T&>().*M::pointer)>;
  static constexpr std::array<Field, sizeof...(D)> fields{
      Field{detail::field_name(D::name), !detail::kMayBeAbsent<Type<D>>,
            [](Schemas& schemas) { return schemas.of<Type<D>>(); }}...};
};

template <class T>
std::string Schemas::of() {
  if constexpr (detail::IsOptional<T>::value) {
    return nullable(of<typename T::value_type>());
  } else if constexpr (detail::IsPatch<T>::value) {
    return nullable(of<decltype(T::value)>());
  } else if constexpr (detail::IsVector<T>::value) {
    return R"({"type":"array","items":)" + of<typename T::value_type>() + "}";
  } else if constexpr (detail::IsMap<T>::value) {
    return R"({"type":"object","additionalProperties":)" + of<typename T::mapped_type>() + "}";
  } else if constexpr (detail::IsId<T>::value) {
    return integer("1", "999999999", "");
  } else if constexpr (detail::DescribedEnum<T> || detail::DescribedStruct<T>) {
    const void* type = &detail::kTypeMark<T>;
    if (begin_component(type, detail::qualified_name<T>())) {
      if constexpr (detail::DescribedEnum<T>) {
        add_enum(type, detail::enum_names<T>());
      } else {
        add_object(type, Fields<T, detail::Members<T>>::fields);
      }
    }
    return reference(type);
  } else if constexpr (std::same_as<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (std::integral<T>) {
    if constexpr (sizeof(T) == 8 && std::is_signed_v<T>) return integer("", "", "int64");
    return integer(std::to_string(std::numeric_limits<T>::min()), std::to_string(std::numeric_limits<T>::max()), "");
  } else if constexpr (std::floating_point<T>) {
    return sizeof(T) == 4 ? R"({"type":"number","format":"float"})" : R"({"type":"number","format":"double"})";
  } else if constexpr (std::same_as<T, Time>) {
    return R"({"type":"string","format":"date-time"})";
  } else if constexpr (std::same_as<T, Digest>) {
    return R"({"type":"string","pattern":"^sha256:[0-9a-f]{64}$"})";
  } else if constexpr (std::same_as<T, Raw>) {
    return "{}";
  } else {
    static_assert(std::convertible_to<T, std::string_view>, "json_schema.h knows no schema of this type");
    return R"({"type":"string"})";
  }
}

}  // namespace souk::json
