// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct Lineage {
  std::vector<registry::LineageNode> nodes;
  std::vector<registry::Edge> edges;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(Lineage, (), (nodes, edges, truncated))
struct GetLineage {
  std::string of;
  std::optional<std::int64_t> depth, nodes;
};
BOOST_DESCRIBE_STRUCT(GetLineage, (), (of, depth, nodes))
struct RecordStep {
  std::string ns;
  registry::Edge body;
};
BOOST_DESCRIBE_STRUCT(RecordStep, (), (ns, body))

}  // namespace

void add_lineage(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<GetLineage, Lineage>(
      "GET", "/api/v1/lineage", kReader, kUsual, {"get_lineage", "What something came from, and what came of it"},
      [&rooms](const access::Call& call, const GetLineage& request) -> Result<Lineage> {
        const std::string node = SOUK_TRY(rooms.lineage.find_node(call, request.of));
        auto graph = SOUK_TRY(
            rooms.lineage.graph(call, node, request.depth.value_or(10),
                                static_cast<std::size_t>(std::max<std::int64_t>(request.nodes.value_or(1000), 0))));
        return Lineage{std::move(graph.nodes), std::move(graph.edges), graph.truncated};
      }));
  door.add(
      plain<RecordStep, NoContent>("POST", "/api/v1/namespaces/{ns}/lineage", kWriter, kUsual,
                                   {"record_lineage", "Record a step that souk did not do itself"},
                                   [&rooms](const access::Call& call, const RecordStep& request) -> Result<NoContent> {
                                     SOUK_TRY(rooms.lineage.record(call, request.ns, request.body));
                                     return NoContent{};
                                   }));
}

}  // namespace souk::api::native
