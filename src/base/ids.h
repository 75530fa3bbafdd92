// SPDX-License-Identifier: Apache-2.0
//
// Every id type. An Id is a number of one kind's own sequence (at most nine digits, never reused); ids of
// two kinds do not mix. A Uid is a UUIDv7 (RFC 9562) for doors whose contract wants one.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace souk {

template <class Kind>
struct Id {
  std::int64_t value = 0;  // 0: none

  constexpr Id() = default;
  constexpr explicit Id(std::int64_t value) : value(value) {}
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Id&) const = default;
};

using NamespaceId = Id<struct NamespaceKind>;
using PrincipalId = Id<struct PrincipalKind>;
using ApiKeyId = Id<struct ApiKeyKind>;
using GrantId = Id<struct GrantKind>;
using SessionId = Id<struct SessionKind>;
using ModelId = Id<struct ModelKind>;
using VersionId = Id<struct VersionKind>;
using DeploymentId = Id<struct DeploymentKind>;
using RevisionId = Id<struct RevisionKind>;
using ReplicaId = Id<struct ReplicaKind>;
using NodeId = Id<struct NodeKind>;
using ExperimentId = Id<struct ExperimentKind>;
using RunId = Id<struct RunKind>;
using ArtifactId = Id<struct ArtifactKind>;
using EnvironmentId = Id<struct EnvironmentKind>;
using InferenceServiceId = Id<struct InferenceServiceKind>;
using ServeModelId = Id<struct ServeModelKind>;

// A new UUIDv7 in its 36-character form. Thread-safe; later calls of one process sort later.
std::string new_uid();

}  // namespace souk

template <class Kind>
struct std::hash<souk::Id<Kind>> {
  std::size_t operator()(souk::Id<Kind> id) const noexcept { return std::hash<std::int64_t>()(id.value); }
};
