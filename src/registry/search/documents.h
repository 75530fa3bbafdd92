// SPDX-License-Identifier: Apache-2.0
//
// The documents of a search, made of rows and written. Inside the room only.
#pragma once

#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "events/log.h"
#include "registry/state.h"

namespace souk::registry {

// What events say has changed.
struct Changed {
  std::set<std::int64_t> models, experiments, runs;
  std::set<std::pair<std::int64_t, std::string>>
      slugs;  // models by namespace and slug, of whose versions something is told
  void add(const events::Event& event);
  bool empty() const { return models.empty() && experiments.empty() && runs.empty() && slugs.empty(); }
};

// Words that are known to be written: saves asking for each again.
using KnownWords = std::unordered_set<std::string>;

// Writes what is there, takes away what is not. A fixed number of statements to read, some a document to write.
Status write_documents(store::Tx& tx, const Changed& changed, const KnownWords& known, KnownWords& fresh);

}  // namespace souk::registry
