// SPDX-License-Identifier: Apache-2.0
#include "registry/lineage/lineage.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <tuple>
#include <unordered_map>

#include "registry/state.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

constexpr std::size_t kAsked = 1000;  // nodes in one statement
constexpr std::int64_t kMaxDepth = 100;
constexpr std::size_t kMaxNodes = 100'000;

struct EdgeRow {
  std::string source, target, relation;
  NamespaceId namespace_id;
};
BOOST_DESCRIBE_STRUCT(EdgeRow, (), (source, target, relation, namespace_id))

struct NameRow {
  std::int64_t id = 0;
  std::string name, place;
  NamespaceId namespace_id;
};
BOOST_DESCRIBE_STRUCT(NameRow, (), (id, name, place, namespace_id))

std::string_view kind_of(std::string_view node) {
  return node.substr(0, node.find(':'));
}

std::int64_t id_in(std::string_view node) {
  std::string_view rest = node.substr(std::min(node.find(':') + 1, node.size()));
  std::int64_t id = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), id);
  return id;
}

// How a node of each kind is called, and where it is; the table is looked into by id.
std::string_view naming_sql(std::string_view kind) {
  if (kind == "run")
    return "SELECT r.id, r.name, n.slug || '/' || e.slug, r.namespace_id FROM experiment_runs r "
           "JOIN experiments e ON e.id = r.experiment_id JOIN namespaces n ON n.id = r.namespace_id WHERE r.id IN ";
  if (kind == "artifact")
    return "SELECT a.id, a.name, n.slug, a.namespace_id FROM artifacts a "
           "JOIN namespaces n ON n.id = a.namespace_id WHERE a.id IN ";
  if (kind == "deployment")
    return "SELECT d.id, d.slug, n.slug, d.namespace_id FROM deployments d "
           "JOIN namespaces n ON n.id = d.namespace_id WHERE d.id IN ";
  if (kind == "version")
    return "SELECT v.id, m.slug || ':' || v.number, n.slug, m.namespace_id FROM model_versions v "
           "JOIN registered_models m ON m.id = v.model_id JOIN namespaces n ON n.id = m.namespace_id WHERE v.id IN ";
  if (kind == "alias")
    return "SELECT m.id, m.slug, n.slug, m.namespace_id FROM registered_models m "
           "JOIN namespaces n ON n.id = m.namespace_id WHERE m.id IN ";
  return {};
}

bool may_see(const access::Call& call, NamespaceId ns) {
  return call.principal && call.principal->role_in(ns) >= access::Role::READER;
}

// A node in a namespace that the caller may not see keeps its id alone.
Status name_nodes(store::Tx& tx, const access::Call& call, std::vector<LineageNode>& nodes) {
  std::unordered_map<std::string, std::vector<LineageNode*>> by_kind;
  for (LineageNode& node : nodes) by_kind[node.kind].push_back(&node);
  for (auto& [kind, all] : by_kind) {
    const std::string_view sql = naming_sql(kind);
    if (sql.empty()) continue;
    for (std::size_t at = 0; at < all.size(); at += kAsked) {
      const std::size_t end = std::min(at + kAsked, all.size());
      std::vector<std::int64_t> ids;
      for (std::size_t i = at; i < end; ++i) ids.push_back(id_in(all[i]->node));
      const store::InList in(ids);
      std::unordered_map<std::int64_t, NameRow> names;
      for (NameRow& row :
           SOUK_TRY(store::rows_as<NameRow>(SOUK_TRY(tx.run(std::string(sql) + in.text(), in.values())))))
        if (may_see(call, row.namespace_id)) names[row.id] = std::move(row);
      for (std::size_t i = at; i < end; ++i) {
        const auto name = names.find(id_in(all[i]->node));
        if (name == names.end()) continue;
        all[i]->name = name->second.name;
        all[i]->place = name->second.place;
        if (kind == "alias") all[i]->name += all[i]->node.substr(all[i]->node.find('@'));
      }
    }
  }
  return {};
}

// Walks one way, a step at a time; cycles end where they close.
class Walk {
 public:
  Walk(const access::Call& call, std::size_t most) : call_(call), most_(most) {}

  Status go(store::Tx& tx, const std::string& from, std::int64_t depth, bool down) {
    std::vector<std::string> front{from};
    std::unordered_map<std::string, bool> seen{{from, true}};
    if (nodes_.empty()) add(from, 0);
    for (std::int64_t step = 1; !front.empty(); ++step) {
      std::vector<std::string> next;
      for (std::size_t at = 0; at < front.size(); at += kAsked) {
        const std::size_t end = std::min(at + kAsked, front.size());
        for (EdgeRow& edge : SOUK_TRY(edges(
                 tx,
                 {front.begin() + static_cast<std::ptrdiff_t>(at), front.begin() + static_cast<std::ptrdiff_t>(end)},
                 down))) {
          if (!may_see(call_, edge.namespace_id)) continue;
          std::string& other = down ? edge.target : edge.source;
          const bool fresh = seen.emplace(other, true).second;
          if (fresh && (step > depth || nodes_.size() >= most_)) {
            truncated_ = true;
            continue;
          }
          if (fresh) {
            add(other, down ? step : -step);
            next.push_back(other);
          }
          edges_.push_back({std::move(edge.source), std::move(edge.target), std::move(edge.relation)});
        }
      }
      if (step > depth) break;
      front = std::move(next);
    }
    return {};
  }

  LineageGraph finish() {
    const auto known = [this](const std::string& node) { return nodes_.contains(node); };
    std::erase_if(edges_, [&](const Edge& edge) { return !known(edge.source) || !known(edge.target); });
    const auto key = [](const Edge& e) { return std::tie(e.source, e.target, e.relation); };
    std::ranges::sort(edges_, {}, key);
    const auto same = std::ranges::unique(edges_, {}, key);
    edges_.erase(same.begin(), same.end());
    LineageGraph out{{}, std::move(edges_), truncated_};
    for (auto& [name, distance] : nodes_) out.nodes.push_back({name, std::string(kind_of(name)), "", "", distance});
    std::ranges::sort(out.nodes, {}, [](const LineageNode& n) { return std::pair(std::abs(n.distance), n.node); });
    return out;
  }

 private:
  void add(const std::string& node, std::int64_t distance) { nodes_.emplace(node, distance); }

  Result<std::vector<EdgeRow>> edges(store::Tx& tx, const std::vector<std::string>& of, bool down) {
    const store::InList in(of);
    const std::string sql = "SELECT source, target, relation, namespace_id FROM edges WHERE " +
                            std::string(down ? "source" : "target") + " IN " + in.text();
    return store::rows_as<EdgeRow>(SOUK_TRY(tx.run(sql, in.values())));
  }

  const access::Call& call_;
  const std::size_t most_;
  bool truncated_ = false;
  std::unordered_map<std::string, std::int64_t> nodes_;
  std::vector<Edge> edges_;
};

}  // namespace

std::string node_of(VersionId id) {
  return "version:" + std::to_string(id.value);
}
std::string node_of(ModelId model, std::string_view alias) {
  return "alias:" + std::to_string(model.value) + "@" + std::string(alias);
}
std::string node_of(DeploymentId id) {
  return "deployment:" + std::to_string(id.value);
}

Status add_edge(store::Tx& tx, NamespaceId ns, const Edge& edge) {
  return tx.defer(
      "INSERT INTO edges (source, target, relation, namespace_id, create_time) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT DO NOTHING",
      edge.source, edge.target, edge.relation, ns, now());
}

Status set_edge(store::Tx& tx, NamespaceId ns, const Edge& edge) {
  SOUK_TRY(tx.defer("DELETE FROM edges WHERE target = $1 AND relation = $2", edge.target, edge.relation));
  return add_edge(tx, ns, edge);
}

Lineage::Lineage(Registry& registry) : registry_(registry), state_(registry.state_) {}

Result<std::string> Lineage::find_node(const access::Call& call, std::string_view of) const {
  for (std::string_view kind : {"run:", "artifact:", "version:", "deployment:", "alias:"}) {
    if (!of.starts_with(kind)) continue;
    if (id_in(of) <= 0 || of.size() > 300)
      return invalid_argument(access::as_shown(of) + " is no node").at("of").advise("such as run:5 or version:3");
    return std::string(of);
  }
  const Reference reference = SOUK_TRY(Reference::parse(of));
  const auto model = SOUK_TRY(registry_.get_model(call, access::Role::READER, reference.namespace_, reference.model));
  const ModelVersion version = SOUK_TRY(registry_.resolve(model, reference));
  return node_of(version.id);
}

Result<LineageGraph> Lineage::graph(const access::Call& call, const std::string& node, std::int64_t depth,
                                    std::size_t most) const {
  if (depth < 1 || depth > kMaxDepth) return invalid_argument("depth is 1 to 100").at("depth");
  if (most < 1 || most > kMaxNodes) return invalid_argument("nodes is 1 to 100000").at("nodes");
  return state_->store.read([&](store::Tx& tx) -> Result<LineageGraph> {
    Walk walk(call, most);
    SOUK_TRY(walk.go(tx, node, depth, false));
    SOUK_TRY(walk.go(tx, node, depth, true));
    LineageGraph out = walk.finish();
    SOUK_TRY(name_nodes(tx, call, out.nodes));
    if (out.nodes.size() == 1 && (out.nodes[0].name.empty() || out.edges.empty())) {
      // Nobody learns of what nothing visible leads to, but of what is asked for by a model's name.
      if (out.nodes[0].kind != "version") return not_found("nothing is known of " + access::as_shown(node)).at("of");
    }
    return out;
  });
}

Status Lineage::record(const access::Call& call, std::string_view ns, const Edge& edge) const {
  const auto in = SOUK_TRY(state_->access.get_namespace(call, access::Role::WRITER, ns));
  SOUK_TRY(access::check_name(edge.relation, "relation"));
  const Edge found{SOUK_TRY(find_node(call, edge.source)), SOUK_TRY(find_node(call, edge.target)), edge.relation};
  std::vector<LineageNode> ends;
  for (const std::string& node : {found.source, found.target})
    ends.push_back({node, std::string(kind_of(node)), "", "", 0});
  SOUK_TRY(state_->store.read([&](store::Tx& tx) { return name_nodes(tx, call, ends); }));
  for (const LineageNode& end : ends) {
    if (end.name.empty()) return not_found(end.node + " does not exist");
  }
  return state_->store.write([&](store::Tx& tx) { return add_edge(tx, in->id, found); });
}

}  // namespace souk::registry
