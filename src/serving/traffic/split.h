// SPDX-License-Identifier: Apache-2.0
//
// Which of several revisions answers a request: prepared when routes are published, read without a lock, a statement
// or an allocation. Immutable once made. A revision that is not READY here has its share answered by another.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/model.h"
#include "net/message.h"
#include "serving/routes.h"
#include "serving/traffic/traffic.h"

namespace souk::serving {

struct Split {
  struct Arm {
    std::shared_ptr<Replicated> replica;
    std::int64_t weight = 0;
    std::int64_t shadow = 0;
  };
  struct Rule {
    std::string header, value;  // or
    std::string credential;     // "key 12"
    std::size_t arm = 0;
  };

  // Arms in the order of the table: what a revision had of it stays its own while its weight grows.
  std::vector<Arm> arms;
  std::array<std::uint8_t, 100> table{};  // percent → arm
  std::vector<Rule> rules;
  bool sticky_by_key = false;
  std::string sticky_header;
  std::uint64_t salt = 0;           // of the deployment, so that no caller is always among the first
  std::vector<std::size_t> copies;  // the arms with shadow
  double absolute = 1e-5, relative = 1e-3;

  // `head` may be null: no rule that looks at headers fits then.
  const Arm& choose(const access::Call& call, const net::RequestHead* head) const;
  const Arm* find(std::int64_t revision) const;
};

// The replicas are those of this node, READY or not; null when none is READY. `stable`: answers for those that are not.
std::shared_ptr<const Split> make_split(const std::vector<Split::Arm>& all, const std::shared_ptr<Replicated>& stable,
                                        const Routing& routing, DeploymentId deployment);

// The same on every node and in every version of souk: FNV-1a, finished with a mixer.
std::uint64_t sticky_hash(std::string_view text, std::uint64_t salt);
// Evenly from 0 to 99; of the calling thread's own sequence.
std::size_t random_percent();

}  // namespace souk::serving
