// SPDX-License-Identifier: Apache-2.0
//
// Reads FileDescriptorProtos only as far as names go (google/protobuf/descriptor.proto).
#include <map>
#include <set>

#include "api/grpc/protobuf.h"
#include "api/grpc/services.h"

namespace souk::api::grpc {
namespace {

// Field numbers of descriptor.proto.
constexpr std::uint32_t kSetFile = 1;
constexpr std::uint32_t kFileName = 1, kFilePackage = 2, kFileDependency = 3, kFileMessage = 4, kFileEnum = 5,
                        kFileService = 6;
constexpr std::uint32_t kName = 1;  // of messages, enums, services, methods, fields
constexpr std::uint32_t kMessageField = 2, kMessageNested = 3, kMessageEnum = 4;
constexpr std::uint32_t kServiceMethod = 2;

std::string_view first(std::string_view message, std::uint32_t number) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.next(field)) {
    if (field.number == number && field.type == WireType::bytes) return field.bytes;
  }
  return {};
}

template <class F>
void each(std::string_view message, std::uint32_t number, F f) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.next(field)) {
    if (field.number == number && field.type == WireType::bytes) f(field.bytes);
  }
}

std::string inside(std::string_view scope, std::string_view name) {
  std::string out(scope);
  if (!out.empty()) out += '.';
  return out.append(name);
}

}  // namespace

struct Descriptors::State {
  struct File {
    std::string_view bytes;
    std::vector<std::string_view> imports;
  };
  std::map<std::string, File, std::less<>> files;
  std::map<std::string, std::string_view, std::less<>> symbols;  // to the file's name
  std::vector<std::string> services;

  void add_file(std::string_view bytes) {
    std::string_view name = first(bytes, kFileName), package = first(bytes, kFilePackage);
    File& file = files[std::string(name)];
    file.bytes = bytes;
    each(bytes, kFileDependency, [&](std::string_view import) { file.imports.push_back(import); });
    each(bytes, kFileMessage, [&](std::string_view message) { add_message(message, package, name); });
    each(bytes, kFileEnum, [&](std::string_view one) { symbols[inside(package, first(one, kName))] = name; });
    each(bytes, kFileService, [&](std::string_view service) {
      std::string full = inside(package, first(service, kName));
      each(service, kServiceMethod,
           [&](std::string_view method) { symbols[inside(full, first(method, kName))] = name; });
      symbols[full] = name;
      services.push_back(std::move(full));
    });
  }

  void add_message(std::string_view message, std::string_view scope, std::string_view file) {
    std::string full = inside(scope, first(message, kName));
    each(message, kMessageField, [&](std::string_view field) { symbols[inside(full, first(field, kName))] = file; });
    each(message, kMessageNested, [&](std::string_view nested) { add_message(nested, full, file); });
    each(message, kMessageEnum, [&](std::string_view one) { symbols[inside(full, first(one, kName))] = file; });
    symbols[std::move(full)] = file;
  }

  void gather(std::string_view name, std::set<std::string_view>& seen, std::vector<std::string_view>& out) const {
    auto found = files.find(name);
    if (found == files.end() || !seen.insert(found->first).second) return;
    out.push_back(found->second.bytes);
    for (std::string_view import : found->second.imports) gather(import, seen, out);
  }
};

Descriptors::Descriptors(std::string_view set) {
  auto state = std::make_unique<State>();
  each(set, kSetFile, [&](std::string_view file) { state->add_file(file); });
  state_ = std::move(state);
}
Descriptors::~Descriptors() = default;

std::vector<std::string_view> Descriptors::file(std::string_view name) const {
  std::vector<std::string_view> out;
  std::set<std::string_view> seen;
  state_->gather(name, seen, out);
  return out;
}

std::vector<std::string_view> Descriptors::file_with(std::string_view symbol) const {
  auto found = state_->symbols.find(symbol);
  return found == state_->symbols.end() ? std::vector<std::string_view>() : file(found->second);
}

const std::vector<std::string>& Descriptors::services() const {
  return state_->services;
}

}  // namespace souk::api::grpc
