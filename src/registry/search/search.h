// SPDX-License-Identifier: Apache-2.0
//
// One box over models (with their versions), experiments and runs: names, descriptions, readmes, tags, custom
// properties.
//
// A query is words, of which each must be found, at the beginning of a word too; a word that nothing has is looked for
// with a mistake or two. Besides words: kind:model, task:, alias:, owner:, state:, tag:KEY=VALUE, and
// metric.NAME>0.9 (of a version's or run's metrics, or a number among custom properties).
//
// Documents follow the log of events: a thread on one node at a time writes them, after the change was answered.
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace souk::registry {

struct SearchHit {
  std::string kind;  // model, experiment, run
  std::int64_t id = 0;
  std::string title;
  std::string reference;  // "default/digits"
  std::string summary;
  double score = 0;  // greater is better; of one answer only
};

struct SearchAnswer {
  std::vector<SearchHit> hits;
  std::vector<std::string> corrected;  // "digist → digits"
};

class Search {
 public:
  explicit Search(Registry& registry);
  ~Search();
  Status start();
  void stop();

  // Errors: invalid_argument (an unknown filter, nothing asked, too long)
  Result<SearchAnswer> find(const access::Call& call, std::string_view query, std::size_t most);
  // Writes the documents of what changed since; returns how many events that were. `start` does it all the time.
  Result<std::size_t> catch_up();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::registry
