// SPDX-License-Identifier: Apache-2.0
#include "base/json_describe.h"

#include <cmath>
#include <limits>

#include "base/digest.h"
#include "base/json.h"

namespace souk::json::detail {
namespace {

constexpr std::size_t kShown = 60;  // bytes of a client's text that a message repeats

// The text in quotes and escaped, cut where it is long.
std::string shown(std::string_view text) {
  std::string_view part = text.substr(0, kShown);
  while (part.size() < text.size() && !part.empty() && (text[part.size()] & 0xc0) == 0x80) part.remove_suffix(1);
  std::string out;
  Writer(out).value(part);
  if (part.size() < text.size()) out.insert(out.size() - 1, "…");
  return out;
}

Error expected(std::string_view what, Value in) {
  return invalid_argument("expected " + std::string(what) + ", got " + std::string(in.kind_name()));
}

std::string_view expected_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
    case Kind::unsigned_integer:
      return "an integer";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      break;
  }
  return "an object";
}

Error out_of_bounds(const std::string& min, const std::string& max, const std::string& got) {
  return invalid_argument("expected an integer from " + min + " to " + max + ", got " + got);
}

Error unknown_field(std::string_view name, std::span<const ReadField> fields) {
  std::string known;
  for (const ReadField& field : fields) known.append(known.empty() ? "" : ", ").append(field.name);
  return invalid_argument("unknown field " + shown(name) + "; known are " + (known.empty() ? "none" : known))
      .at(std::string(name.substr(0, kShown)));
}

}  // namespace

Error inside_field(Error error, std::string_view name) {
  std::string path(name);
  if (!error.field.empty() && error.field.front() != '[') path += '.';
  path += error.field;
  return std::move(error).at(std::move(path));
}

Error inside_index(Error error, std::size_t index) {
  std::string path = "[" + std::to_string(index) + "]";
  if (!error.field.empty() && error.field.front() != '[') path += '.';
  path += error.field;
  return std::move(error).at(std::move(path));
}

Error duplicate_key(std::string_view name) {
  return invalid_argument("field " + shown(name) + " is given twice").at(std::string(name.substr(0, kShown)));
}

Status expect(Value in, Kind kind) {
  if (in.kind() != kind) return expected(expected_name(kind), in);
  return {};
}

Status read_object(Value in, void* object, std::span<const ReadField> fields, UnknownFields unknown) {
  SOUK_TRY(expect(in, Kind::object));
  std::vector<bool> many;  // only of structs with more than 64 fields
  if (fields.size() > 64) many.resize(fields.size());
  std::uint64_t few = 0;
  const auto see = [&](std::size_t i) {  // whether it is the first time
    if (!many.empty()) {
      const bool first = !many[i];
      many[i] = true;
      return first;
    }
    const bool first = (few >> i & 1) == 0;
    few |= std::uint64_t{1} << i;
    return first;
  };
  std::size_t next = 0;  // members mostly come in the order of the fields
  SOUK_TRY(in.each_member([&](std::string_view key, Value value) -> Status {
    std::size_t i = next;
    std::size_t tried = 0;
    for (; tried < fields.size(); ++tried, ++i) {
      if (i >= fields.size()) i = 0;
      if (fields[i].name == key) break;
    }
    if (tried == fields.size()) {
      if (unknown == UnknownFields::refuse) return unknown_field(key, fields);
      return {};
    }
    next = i + 1;
    if (!see(i)) return duplicate_key(key);
    if (Status status = fields[i].read(value, object, unknown); !status) {
      return inside_field(std::move(status).error(), key);
    }
    return {};
  }));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].required && see(i)) {
      return invalid_argument("field " + shown(fields[i].name) + " is required").at(std::string(fields[i].name));
    }
  }
  return {};
}

void write_object(Writer& out, const void* object, std::span<const WriteField> fields) {
  out.begin_object();
  for (const WriteField& field : fields) {
    if (field.present != nullptr && !field.present(object)) continue;
    out.key(field.name);
    field.write(out, object);
  }
  out.end_object();
}

Status read_enum(Value in, std::span<const EnumName> names, std::int64_t& value) {
  SOUK_TRY(expect(in, Kind::string));
  const std::string_view text = in.string();
  std::string allowed;
  for (const EnumName& one : names) {
    if (one.name == text) {
      value = one.value;
      return {};
    }
    allowed.append(allowed.empty() ? "" : ", ").append(one.name);
  }
  return invalid_argument("expected one of " + allowed + ", got " + shown(text));
}

Status read_signed(Value in, std::int64_t min, std::int64_t max, std::int64_t& out) {
  const Kind kind = in.kind();
  if (kind != Kind::integer && kind != Kind::unsigned_integer) return expected("an integer", in);
  if (kind == Kind::unsigned_integer || in.integer() < min || in.integer() > max) {
    return out_of_bounds(std::to_string(min), std::to_string(max), in.raw());
  }
  out = in.integer();
  return {};
}

Status read_unsigned(Value in, std::uint64_t max, std::uint64_t& out) {
  const Kind kind = in.kind();
  if (kind != Kind::integer && kind != Kind::unsigned_integer) return expected("an integer", in);
  const bool negative = kind == Kind::integer && in.integer() < 0;
  if (negative || in.unsigned_integer() > max) return out_of_bounds("0", std::to_string(max), in.raw());
  out = in.unsigned_integer();
  return {};
}

Status read_one(Value in, bool& out) {
  SOUK_TRY(expect(in, Kind::boolean));
  out = in.boolean();
  return {};
}

Status read_one(Value in, double& out) {
  const Kind kind = in.kind();
  if (kind != Kind::number && kind != Kind::integer && kind != Kind::unsigned_integer) return expected("a number", in);
  out = in.number();
  return {};
}

Status read_one(Value in, float& out) {
  double wide = 0;
  SOUK_TRY(read_one(in, wide));
  out = static_cast<float>(wide);
  if (std::isinf(out)) return invalid_argument("expected a number that fits a 32-bit float, got " + in.raw());
  return {};
}

Status read_one(Value in, std::string& out) {
  SOUK_TRY(expect(in, Kind::string));
  out = in.string();
  return {};
}

Status read_one(Value in, Time& out) {
  SOUK_TRY(expect(in, Kind::string));
  out = SOUK_TRY(parse_rfc3339(in.string()));
  return {};
}

Status read_one(Value in, Digest& out) {
  SOUK_TRY(expect(in, Kind::string));
  out = SOUK_TRY(Digest::parse(in.string()));
  return {};
}

Status read_one(Value in, Raw& out) {
  SOUK_TRY(refuse_duplicates(in));
  out.text = in.raw();
  return {};
}

void write_one(Writer& out, Time value) {
  out.value(format_rfc3339(value));
}
void write_one(Writer& out, const Digest& value) {
  out.value(value.string());
}

}  // namespace souk::json::detail
