// SPDX-License-Identifier: Apache-2.0
//
// Versions and runs side by side: what changed from the first to the others, and what is the same. As many statements
// for twenty as for two. Thread-safe; pure but for its reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace souk::registry {

BOOST_DEFINE_ENUM_CLASS(ComparedKind, VERSION, RUN)
// Against the first: ADDED is absent there, REMOVED is absent somewhere else.
BOOST_DEFINE_ENUM_CLASS(Difference, SAME, CHANGED, ADDED, REMOVED)

// One of those that are compared; what a kind does not have is absent.
struct Compared {
  std::string of;  // as it was asked for
  ComparedKind kind = ComparedKind::VERSION;
  std::int64_t id = 0;
  std::string namespace_;
  std::optional<std::string> model, experiment, run;
  std::optional<std::int64_t> version;
  std::optional<Digest> digest;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Compared, (), (of, kind, id, namespace_, model, experiment, run, version, digest, create_time))

struct ComparedRow {
  std::string name;
  std::vector<std::optional<json::Raw>> values;  // one each, in order; null: it has none
  Difference change = Difference::SAME;
  // Of a metric whose better way is declared (a tag or property `best.NAME`: max or min): which have the best value.
  std::optional<std::vector<std::int64_t>> best;
};
BOOST_DESCRIBE_STRUCT(ComparedRow, (), (name, values, change, best))

// "about", "parameters", "metrics", "signature", "files", "dependencies", "tags", "properties"
struct ComparedSection {
  std::string name;
  std::int64_t same = 0;  // rows
  std::int64_t changed = 0;
  std::vector<ComparedRow> rows;  // by name
};
BOOST_DESCRIBE_STRUCT(ComparedSection, (), (name, same, changed, rows))

struct Comparison {
  std::vector<Compared> items;
  std::vector<ComparedSection> sections;  // those that have rows
};
BOOST_DESCRIBE_STRUCT(Comparison, (), (items, sections))

class Compare {
 public:
  Compare(store::Store& store, access::Access& access, artifacts::Artifacts& artifacts)
      : store_(store), access_(access), artifacts_(artifacts) {}

  // 2 to 20 of "run:5" or a model reference ("default/digits@champion"). `only_changed`: without rows that are the
  // same. Errors: invalid_argument, not_found (which), each at of[i]
  Result<Comparison> compare(const access::Call& call, const std::vector<std::string>& of, bool only_changed) const;

 private:
  store::Store& store_;
  access::Access& access_;
  artifacts::Artifacts& artifacts_;
};

}  // namespace souk::registry
