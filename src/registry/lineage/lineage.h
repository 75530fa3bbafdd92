// SPDX-License-Identifier: Apache-2.0
//
// Lineage: what came of what. souk writes an edge in the transaction of the step itself; other rooms call add_edge in
// theirs. Nodes are words: run:5, artifact:7, version:3, alias:2@champion (of model 2), deployment:1. An edge outlives
// its nodes: what is gone is shown as such. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace souk::registry {

struct Edge {
  std::string source;
  std::string target;
  std::string relation;  // "used", "made", "holds", "named", "deployed", or a user's own
};
BOOST_DESCRIBE_STRUCT(Edge, (), (source, target, relation))

struct LineageNode {
  std::string node;           // "version:3"
  std::string kind;           // "version"
  std::string name;           // "digits:2"; empty: it is gone
  std::string place;          // where it is: "default", of a run "default/mnist"
  std::int64_t distance = 0;  // steps from what was asked for; negative: what it came from
};
BOOST_DESCRIBE_STRUCT(LineageNode, (), (node, kind, name, place, distance))

struct LineageGraph {
  std::vector<LineageNode> nodes;  // nearest first
  std::vector<Edge> edges;         // between those nodes
  bool truncated = false;          // there is more than was asked for
};

std::string node_of(VersionId id);
std::string node_of(ModelId model, std::string_view alias);
std::string node_of(DeploymentId id);

// One that is there already is left as it is.
Status add_edge(store::Tx& tx, NamespaceId ns, const Edge& edge);
// Nothing else leads to `target` by this relation from now on: an alias that moved.
Status set_edge(store::Tx& tx, NamespaceId ns, const Edge& edge);

class Lineage {
 public:
  explicit Lineage(Registry& registry);

  // "run:5", "deployment:1", or a model reference ("default/digits@champion"). Errors: not_found, invalid_argument
  Result<std::string> find_node(const access::Call& call, std::string_view of) const;
  // Up to `depth` steps both ways, at most `most` nodes; only what the caller may see. A statement per step and
  // thousand nodes. Errors: invalid_argument
  Result<LineageGraph> graph(const access::Call& call, const std::string& node, std::int64_t depth,
                             std::size_t most) const;
  // A step that souk did not do itself. Errors: not_found (a node), permission_denied
  Status record(const access::Call& call, std::string_view ns, const Edge& edge) const;

 private:
  Registry& registry_;
  std::shared_ptr<Registry::State> state_;
};

}  // namespace souk::registry
