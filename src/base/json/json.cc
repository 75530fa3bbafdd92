// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <algorithm>

#include "base/json/element.h"
#include "base/json/fault.h"

namespace souk::json {

namespace dom = simdjson::dom;

namespace {

constexpr std::size_t kKeptBytes = 256 << 10;  // buffers for texts up to here are kept by their thread
constexpr std::size_t kKeptDocuments = 4;

dom::element element_of(const Value& value) {
  return ValueAccess::element(value);
}

// What a thread keeps between parses, so that a small text allocates nothing.
struct Scratch {
  dom::parser parser;
  std::vector<dom::document> documents;

  static Scratch& mine() {
    thread_local Scratch scratch;
    return scratch;
  }
};

simdjson::error_code parse_into(dom::parser& parser, dom::document& document, std::string_view text) {
  // simdjson refuses the level that reaches its bound, hence one more.
  if (parser.max_depth() != kMaxDepth + 1) {
    if (const auto error = parser.allocate(std::max<std::size_t>(text.size(), 1024), kMaxDepth + 1)) return error;
  }
  return parser.parse_into_document(document, text.data(), text.size()).error();
}

Error parse_error(simdjson::error_code code, std::string_view text) {
  if (code == simdjson::CAPACITY || code == simdjson::MEMALLOC) {
    return resource_exhausted("JSON text is too large to be parsed");
  }
  if (code == simdjson::DEPTH_ERROR) {
    return invalid_argument("JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (const auto fault = find_fault(text)) {
    return invalid_argument("not JSON at byte " + std::to_string(fault->byte) + ": expected " + fault->expected);
  }
  const auto misfit = find_misfit(text);
  if (!misfit) return invalid_argument("JSON holds a number that neither 64 bits nor a double can");
  Error error = invalid_argument((misfit->path.empty() ? "" : misfit->path + ": ") +
                                 "expected a number that 64 bits or a double hold, got " + misfit->number);
  return misfit->path.empty() ? error : std::move(error).at(misfit->path);
}

}  // namespace

// --- Document -----------------------------------------------------------------------------------------

struct Document::State {
  dom::document document;
};

Document::Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Document::~Document() {
  if (state_ == nullptr || state_->document.capacity() > kKeptBytes) return;
  std::vector<dom::document>& kept = Scratch::mine().documents;
  if (kept.size() < kKeptDocuments) kept.push_back(std::move(state_->document));
}

Result<Document> Document::parse(std::string_view text) {
  if (text.empty()) return invalid_argument("expected JSON, got an empty text");
  Document document;
  document.state_ = std::make_unique<State>();
  simdjson::error_code error;
  if (text.size() <= kKeptBytes) {
    Scratch& scratch = Scratch::mine();
    if (!scratch.documents.empty()) {
      document.state_->document = std::move(scratch.documents.back());
      scratch.documents.pop_back();
    }
    error = parse_into(scratch.parser, document.state_->document, text);
  } else {
    dom::parser parser;
    error = parse_into(parser, document.state_->document, text);
  }
  if (error) return parse_error(error, text);
  return document;
}

Value Document::root() const {
  return ValueAccess::value(state_->document.root());
}

// --- Value --------------------------------------------------------------------------------------------

Kind Value::kind() const {
  switch (element_of(*this).type()) {
    case dom::element_type::NULL_VALUE:
      return Kind::null;
    case dom::element_type::BOOL:
      return Kind::boolean;
    case dom::element_type::INT64:
      return Kind::integer;
    case dom::element_type::UINT64:
      return Kind::unsigned_integer;
    case dom::element_type::DOUBLE:
      return Kind::number;
    case dom::element_type::STRING:
      return Kind::string;
    case dom::element_type::ARRAY:
      return Kind::array;
    case dom::element_type::OBJECT:
      break;
  }
  return Kind::object;
}

std::string_view Value::kind_name() const {
  switch (kind()) {
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

bool Value::boolean() const {
  return element_of(*this).get_bool().value_unsafe();
}
std::int64_t Value::integer() const {
  return element_of(*this).get_int64().value_unsafe();
}
std::uint64_t Value::unsigned_integer() const {
  return element_of(*this).get_uint64().value_unsafe();
}
double Value::number() const {
  return element_of(*this).get_double().value_unsafe();
}
std::string_view Value::string() const {
  return element_of(*this).get_string().value_unsafe();
}

Status Value::elements(void* state, ElementFn f) const {
  dom::array array;
  if (element_of(*this).get_array().get(array)) return {};
  for (const dom::element element : array) SOUK_TRY(f(state, ValueAccess::value(element)));
  return {};
}

Status Value::members(void* state, MemberFn f) const {
  dom::object object;
  if (element_of(*this).get_object().get(object)) return {};
  for (const dom::key_value_pair member : object) SOUK_TRY(f(state, member.key, ValueAccess::value(member.value)));
  return {};
}

std::size_t Value::size() const {
  constexpr std::size_t kSaturated = 0xffffff;  // simdjson counts no further
  std::size_t count = 0;
  dom::array array;
  dom::object object;
  if (!element_of(*this).get_array().get(array)) {
    if (array.size() < kSaturated) return array.size();
    for ([[maybe_unused]] const dom::element element : array) ++count;
  } else if (!element_of(*this).get_object().get(object)) {
    if (object.size() < kSaturated) return object.size();
    for ([[maybe_unused]] const dom::key_value_pair member : object) ++count;
  }
  return count;
}

std::optional<Value> Value::find(std::string_view key) const {
  dom::object object;
  if (element_of(*this).get_object().get(object)) return std::nullopt;
  for (const dom::key_value_pair member : object) {
    if (member.key == key) return ValueAccess::value(member.value);
  }
  return std::nullopt;
}

namespace {

void write_element(Writer& out, Value in) {
  switch (in.kind()) {
    case Kind::null:
      return out.null();
    case Kind::boolean:
      return out.value(in.boolean());
    case Kind::integer:
      return out.value(in.integer());
    case Kind::unsigned_integer:
      return out.value(in.unsigned_integer());
    case Kind::number: {
      std::string text;
      Writer(text).value(in.number());
      if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";  // it stays a number
      return out.raw(text);
    }
    case Kind::string:
      return out.value(in.string());
    case Kind::array:
      out.begin_array();
      (void)in.each_element([&out](Value element) -> Status {
        write_element(out, element);
        return {};
      });
      return out.end_array();
    case Kind::object:
      out.begin_object();
      (void)in.each_member([&out](std::string_view key, Value value) -> Status {
        out.key(key);
        write_element(out, value);
        return {};
      });
      return out.end_object();
  }
}

}  // namespace

std::string Value::raw() const {
  std::string text;
  Writer out(text);
  write_element(out, *this);
  return text;
}

// --- Raw ----------------------------------------------------------------------------------------------

namespace detail {

Status refuse_duplicates(Value in) {
  if (in.kind() == Kind::array) {
    std::size_t index = 0;
    return in.each_element([&index](Value element) -> Status {
      if (Status status = refuse_duplicates(element); !status) return inside_index(std::move(status).error(), index);
      ++index;
      return {};
    });
  }
  if (in.kind() != Kind::object) return {};
  std::vector<std::string_view> keys;
  keys.reserve(in.size());
  SOUK_TRY(in.each_member([&keys](std::string_view key, Value value) -> Status {
    keys.push_back(key);
    if (Status status = refuse_duplicates(value); !status) return inside_field(std::move(status).error(), key);
    return {};
  }));
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice != keys.end()) return duplicate_key(*twice);
  return {};
}

}  // namespace detail

Result<Raw> Raw::parse(std::string_view text) {
  const Document document = SOUK_TRY(Document::parse(text));
  SOUK_TRY(detail::refuse_duplicates(document.root()));
  Raw raw;
  raw.text.resize(text.size() + simdjson::SIMDJSON_PADDING);
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), raw.text.data(), size)) {
    return invalid_argument("not JSON: a string is not closed");
  }
  raw.text.resize(size);
  return raw;
}

}  // namespace souk::json
