// SPDX-License-Identifier: Apache-2.0
//
// Reads pages of lists. A page either walks the list in its order and looks at each row's properties, or starts from
// the rows that one property has in its index. The latter wins where they are few, or come in the list's order; how
// many there are is counted for the first page of a filter and then believed for a while. Thread-safe. The Store
// outlives it.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/lists/listing.h"
#include "store/store.h"

namespace souk::store {

// What a page is read of, without the list's own part. Trusted but for its parameters: $1, $2, …
struct PageSource {
  std::string columns;  // columns<T>("m")
  std::string from;     // "registered_models m"
  std::string where;    // "m.namespace_id = $1"
  std::vector<Value> parameters;
};

class Pages {
 public:
  explicit Pages(Store& store) : store_(store) {}

  // The rows of the page and one more, the order column last, for page_of. `listing` was compiled with the parameter
  // after the source's as its first. Blocks: disk
  Result<Rows> read(const PageSource& source, const Listing& listing);

 private:
  // Where the pages of a filter start from: one of its leads; none: the list is walked.
  using Start = std::optional<std::size_t>;
  struct Remembered {
    Start start;
    std::chrono::steady_clock::time_point until;
  };
  std::optional<Start> find(const Listing& listing) const;
  void keep(const Listing& listing, Start start);

  Store& store_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Remembered> remembered_;  // by the listing's mark
};

}  // namespace souk::store
