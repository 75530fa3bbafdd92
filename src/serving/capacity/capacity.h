// SPDX-License-Identifier: Apache-2.0
//
// What a deployment asks of the nodes: how its model uses the cores, whether it may be unloaded to make room for
// others, and after how long without a request it is unloaded by itself. Kept with the deployment, whatever revision
// answers.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/result.h"

namespace souk::serving {

using CoresWanted = std::pair<std::optional<std::int64_t>, std::optional<std::int64_t>>;  // sessions, threads

struct Capacity {
  std::optional<bool> pinned;                          // stays loaded. Default: false
  std::optional<std::int64_t> scale_to_zero_after_ms;  // without a request. Default: never
  std::optional<std::int64_t> sessions, threads;       // see runtimes::Concurrency. Default: as the version says

  CoresWanted cores() const { return {sessions, threads}; }
};
BOOST_DESCRIBE_STRUCT(Capacity, (), (pinned, scale_to_zero_after_ms, sessions, threads))

struct CapacityPatch {
  json::Patch<bool> pinned;
  json::Patch<std::int64_t> scale_to_zero_after_ms, sessions, threads;
};
BOOST_DESCRIBE_STRUCT(CapacityPatch, (), (pinned, scale_to_zero_after_ms, sessions, threads))

// A column's text: "{}" is nothing asked for.
Capacity capacity_of(const json::Raw& text);
// The column's text once the patch is applied. Errors: invalid_argument, with the field
Result<json::Raw> patched(const json::Raw& text, const CapacityPatch& patch);

// "1.5 GiB"
std::string size_text(std::int64_t bytes);

}  // namespace souk::serving
