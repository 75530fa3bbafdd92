// SPDX-License-Identifier: Apache-2.0
//
// Drives roll-outs: every node writes down what its replicas did in each step, and the node that holds the lease
// `rollouts` judges and moves. All that is known of a roll-out is rows; what is in memory can be lost at any time.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "serving/bell.h"
#include "serving/rollouts/advance.h"
#include "serving/rollouts/analysis.h"
#include "serving/rollouts/moves.h"
#include "serving/rollouts/prometheus.h"
#include "serving/rollouts/rollout.h"
#include "serving/serving.h"
#include "work/leases.h"

namespace souk::serving {

enum class RolloutAction { pause, resume, promote, abort };

class Rollouts {
 public:
  // Before nodes.start(). Errors: invalid_argument (serving.metrics_allow)
  static Result<std::unique_ptr<Rollouts>> open(const ServingSettings& settings, store::Store& store,
                                                events::Log& events, access::Access& access, Serving& serving,
                                                work::Nodes& nodes, work::Leases& leases, Logger& log);
  ~Rollouts();
  Status start();
  void stop();

  // `number` 0: the newest. Errors: not_found
  Result<RolloutView> get(const AuthorizedDeployment& deployment, std::int64_t number);
  // Newest first, without their steps. Errors: invalid_argument (page token)
  Result<registry::Page<Rollout>> list(const AuthorizedDeployment& deployment, const registry::ListQuery& query);
  // Errors: not_found, permission_denied, failed_precondition (not in that state; changed since)
  Result<RolloutView> act(const access::Call& call, const AuthorizedDeployment& deployment, std::int64_t number,
                          RolloutAction action, std::optional<std::int64_t> if_match);

 private:
  // What this node's replicas had done when the present step began here, and what was written since.
  struct Watched {
    std::int64_t step = -1;
    std::map<std::string, Window> before;
    std::map<std::string, Window> latest;
    std::map<std::string, std::string> written;
    Deadline since;  // of the step, here
  };

  Rollouts(const ServingSettings& settings, store::Store& store, events::Log& events, access::Access& access,
           Serving& serving, work::Nodes& nodes, work::Leases& leases, Logger& log);
  void run();
  Status pass(Deadline& next);
  Status note(const Rollout& rollout);
  Status drive(const Rollout& rollout);
  Result<Facts> facts_of(const Rollout& rollout, const Strategy& strategy);
  Status apply(const Rollout& seen, const Strategy& strategy, const Move& move, const Analysis& analysis);
  Deadline next_pass(const std::vector<Rollout>& open) const;
  Time now() const { return nodes_.clock().now(); }

  const ServingSettings settings_;
  store::Store& store_;
  events::Log& events_;
  access::Access& access_;
  Serving& serving_;
  work::Nodes& nodes_;
  Logger& log_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::unique_ptr<work::Lease> lease_;
  std::unique_ptr<Readings> readings_;
  std::map<RolloutId, Watched> watched_;            // of the thread
  std::map<RolloutId, std::string> last_analysis_;  // likewise
  events::Subscription subscription_;
  std::thread thread_;
};

}  // namespace souk::serving
