// SPDX-License-Identifier: Apache-2.0
//
// What a name leads to: a revision that answers, the hold on it while a request is under way, and what it has done.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "runtimes/runtime.h"
#include "serving/batching/batching.h"
#include "serving/model.h"
#include "serving/seen/tally.h"
#include "serving/traffic/figures.h"

namespace souk::serving {

struct Replicated;
struct Split;

// Runs a function on the calling thread once that has taken in what has already arrived.
using Later = std::function<void(std::function<void()>)>;

struct InferOptions {
  Deadline deadline = kNoDeadline;
  std::uint64_t priority = 0;  // of the levels that the version declares, 1 first; 0: the default one
  Later later;                 // given: requests that this thread brings in one turn of its loop may share a batch
  std::function<bool()> gone;  // true once nobody waits for the answer: it need not run any more. Any thread
};

// A revision that answers, loaded or to be loaded on demand. Immutable.
struct Target {
  std::string namespace_;  // of the deployment
  std::string slug;
  std::int64_t revision = 0;
  std::string model_namespace, model;
  std::int64_t version = 0;
  std::string version_name;
  std::string digest;  // "sha256:…"
  std::string platform;
  std::optional<std::string> task;
  registry::Signature signature;
  Batching batching;                             // as the version declares it
  std::shared_ptr<const json::Raw> declaration;  // souk.yaml as JSON; none: null pointer
  std::shared_ptr<const std::vector<registry::VersionFile>> files;
};

// What a revision has done on this node since it was loaded.
struct Statistics {
  std::string namespace_, slug;  // of the deployment
  std::int64_t revision = 0;
  std::int64_t memory_bytes = 0;
  Tally::Sums sums;
};

struct RevisionFigures {
  RevisionId revision;
  std::string instance;  // of the replica; new with each load
  Window sums;           // since it was loaded
};

// Keeps the target while it lives, and keeps it loaded when it was, or once it is. Movable; belongs to one thread at a
// time.
class Pinned {
 public:
  Pinned() = default;
  Pinned(Pinned&&) noexcept = default;
  Pinned& operator=(Pinned&& other) noexcept;
  ~Pinned();
  const Target& operator*() const { return *target_; }
  const Target* operator->() const { return target_; }
  Batching batching() const;                  // as the deployment has it now
  runtimes::Concurrency concurrency() const;  // zeros: it is not loaded

 private:
  friend class Serving;
  // The replica's count was raised.
  explicit Pinned(std::shared_ptr<Replicated> replica, const access::Call& call,
                  std::shared_ptr<const Split> split = nullptr);
  std::shared_ptr<Replicated> replica_;
  const Target* target_ = nullptr;
  std::int64_t caller_ = 0;             // whose turn it is on
  TracePtr trace_;                      // null: the request is not sampled
  std::shared_ptr<const Split> split_;  // only where copies of requests go to other revisions
};

}  // namespace souk::serving
