// SPDX-License-Identifier: Apache-2.0
//
// The services that gRPC's own tools ask every server for: grpc.health.v1.Health and grpc.reflection.v1 (v1alpha).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.h"

namespace souk::api::grpc {

// `ready`: whether the server can answer; it is asked from any thread and must not block.
void add_health(RouteTable::Door& door, std::function<bool()> ready, std::vector<std::string> services);
void add_reflection(RouteTable::Door& door);

// Of what is embedded: which file declares a symbol, and what services there are.
class Descriptors {
 public:
  // `set` is a FileDescriptorSet that outlives this.
  explicit Descriptors(std::string_view set);
  ~Descriptors();

  // The file's bytes and those of all that it imports; empty: not there.
  std::vector<std::string_view> file(std::string_view name) const;
  std::vector<std::string_view> file_with(std::string_view symbol) const;
  const std::vector<std::string>& services() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace souk::api::grpc
