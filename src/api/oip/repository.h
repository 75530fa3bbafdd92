// SPDX-License-Identifier: Apache-2.0
//
// The model repository extension. The repository is what is deployed: index lists deployments, load starts one (or
// deploys the model of that name when nothing is deployed under it), unload stops one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "serving/serving.h"

namespace souk::api::oip {

struct IndexEntry {
  std::string name;
  std::string version;  // number of the revision that answers, or of the one that is to
  std::string state;    // READY, LOADING, UNAVAILABLE
  std::string reason;   // why not READY
};
BOOST_DESCRIBE_STRUCT(IndexEntry, (), (name, version, state, reason))

// What the caller may see. `ns` empty: of all namespaces. Blocks: statements. Errors: not_found (the namespace)
Result<std::vector<IndexEntry>> repository_index(serving::Serving& serving, const access::Call& call,
                                                 std::string_view ns, bool ready_only);

using Loaded = std::function<void(Status)>;
// Both answer when it is done, at the latest after a minute or at the call's deadline. `name` is "digits" or
// "team/digits". Block: statements. Errors: not_found, permission_denied, failed_precondition (what the load failed
// on), deadline_exceeded
void load_model(serving::Serving& serving, const access::Call& call, std::string_view name, Loaded done);
void unload_model(serving::Serving& serving, const access::Call& call, std::string_view name, Loaded done);

}  // namespace souk::api::oip
