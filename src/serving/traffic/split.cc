// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/split.h"

#include <algorithm>
#include <random>

namespace souk::serving {

namespace {

std::uint64_t mixed(std::uint64_t x) {  // the finalizer of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

bool ready(const Split::Arm& arm) {
  return arm.replica && arm.replica->state == ReplicaState::READY;
}

}  // namespace

std::uint64_t sticky_hash(std::string_view text, std::uint64_t salt) {
  std::uint64_t hash = 0xcbf29ce484222325ull ^ mixed(salt + 0x9e3779b97f4a7c15ull);
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ull;
  return mixed(hash);
}

std::size_t random_percent() {
  thread_local std::uint64_t state = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  state += 0x9e3779b97f4a7c15ull;
  return static_cast<std::size_t>(mixed(state) % 100);
}

const Split::Arm* Split::find(std::int64_t revision) const {
  auto found = std::ranges::find(arms, revision, [](const Arm& arm) { return arm.replica->revision.number; });
  return found == arms.end() ? nullptr : &*found;
}

const Split::Arm& Split::choose(const access::Call& call, const net::RequestHead* head) const {
  for (const Rule& rule : rules) {
    const bool fits = rule.header.empty() ? call.principal->credential == rule.credential
                                          : head != nullptr && head->header(rule.header) == rule.value;
    if (fits) return arms[rule.arm];
  }
  std::string_view by;
  if (sticky_by_key) by = call.principal->credential.empty() ? call.principal->name : call.principal->credential;
  if (!sticky_header.empty() && head != nullptr) by = head->header(sticky_header);
  return arms[table[by.empty() ? random_percent() : sticky_hash(by, salt) % 100]];
}

std::shared_ptr<const Split> make_split(const std::vector<Split::Arm>& all, const std::shared_ptr<Replicated>& stable,
                                        const Routing& routing, DeploymentId deployment) {
  auto split = std::make_shared<Split>();
  for (const Split::Arm& arm : all) {
    if (ready(arm)) split->arms.push_back(arm);
  }
  if (split->arms.empty()) return nullptr;
  // Newest first: a candidate's share of the table begins at 0 and only grows.
  const auto by_number = [](const Split::Arm& arm) { return -arm.replica->revision.number; };
  std::ranges::sort(split->arms, {}, by_number);
  std::size_t fallback = 0;
  for (std::size_t i = 0; i < split->arms.size(); ++i) {
    const Split::Arm& best = split->arms[fallback];
    const Split::Arm& arm = split->arms[i];
    if (best.replica != stable && (arm.replica == stable || arm.weight > best.weight)) fallback = i;
    if (arm.shadow > 0) split->copies.push_back(i);
  }
  split->table.fill(static_cast<std::uint8_t>(fallback));
  std::vector<Split::Arm> planned = all;
  std::erase_if(planned, [](const Split::Arm& arm) { return !arm.replica; });
  std::ranges::sort(planned, {}, by_number);
  std::size_t percent = 0;
  for (const Split::Arm& arm : planned) {
    auto at = std::ranges::find(split->arms, arm.replica, &Split::Arm::replica);
    const std::size_t end = std::min<std::size_t>(percent + static_cast<std::size_t>(arm.weight), 100);
    for (; percent < end; ++percent) {
      if (at != split->arms.end()) split->table[percent] = static_cast<std::uint8_t>(at - split->arms.begin());
    }
  }
  for (const MatchRule& rule : routing.match) {
    // Without a number: the newest that is kept loaded; until that is READY, weights decide.
    const std::int64_t wanted = rule.revision.value_or(planned.front().replica->revision.number);
    const Split::Arm* arm = split->find(wanted);
    if (arm == nullptr) continue;
    split->rules.push_back({rule.header.value_or(""), rule.value.value_or(""),
                            rule.key ? "key " + std::to_string(*rule.key) : "",
                            static_cast<std::size_t>(arm - split->arms.data())});
  }
  if (routing.sticky) {
    split->sticky_by_key = routing.sticky->by == StickyBy::KEY;
    split->sticky_header = routing.sticky->header.value_or("");
  }
  if (routing.tolerance) {
    split->absolute = routing.tolerance->absolute.value_or(split->absolute);
    split->relative = routing.tolerance->relative.value_or(split->relative);
  }
  split->salt = static_cast<std::uint64_t>(deployment.value);
  return split;
}

}  // namespace souk::serving
