// SPDX-License-Identifier: Apache-2.0
#include "api/route.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "api/error_table.h"

namespace souk::api {
namespace {

// One step of a path. Children are tried literal first, then name with verb, name, rest.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> named;  // by verb: "" or ":seal"
  std::map<std::string, const Route*, std::less<>> rest;            // by method
  std::map<std::string, const Route*, std::less<>> routes;          // by method
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  std::size_t from = 1;
  while (from <= path.size()) {
    std::size_t slash = path.find('/', from);
    if (slash == std::string_view::npos) slash = path.size();
    out.push_back(path.substr(from, slash - from));
    from = slash + 1;
  }
  return out;
}

Node& child(std::map<std::string, std::unique_ptr<Node>, std::less<>>& children, std::string_view key) {
  auto& slot = children[std::string(key)];
  if (!slot) slot = std::make_unique<Node>();
  return *slot;
}

const Route* pick(const std::map<std::string, const Route*, std::less<>>& routes, std::string_view method) {
  auto found = routes.find(method);
  if (found == routes.end() && method == "HEAD") found = routes.find(std::string_view("GET"));
  return found == routes.end() ? nullptr : found->second;
}

bool under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// Depth-first search with the raw values taken so far; the first full match of the method wins.
struct Search {
  std::string_view method;
  const std::vector<std::string_view>& segments;
  std::string_view path;
  std::vector<std::string_view> values;
  const Route* found = nullptr;
  const std::map<std::string, const Route*, std::less<>>* other_methods = nullptr;

  bool accept(const std::map<std::string, const Route*, std::less<>>& routes) {
    if (routes.empty()) return false;
    found = pick(routes, method);
    if (!found && !other_methods) other_methods = &routes;
    return found != nullptr;
  }

  bool named(const Node& node, std::size_t at) {
    std::string_view segment = segments[at];
    if (segment.empty()) return false;
    if (std::size_t colon = segment.rfind(':'); colon != std::string_view::npos && colon > 0) {
      if (auto verb = node.named.find(segment.substr(colon)); verb != node.named.end()) {
        values.push_back(segment.substr(0, colon));
        if (walk(*verb->second, at + 1)) return true;
        values.pop_back();
      }
    }
    auto plain = node.named.find(std::string_view());
    if (plain == node.named.end()) return false;
    values.push_back(segment);
    if (walk(*plain->second, at + 1)) return true;
    values.pop_back();
    return false;
  }

  bool walk(const Node& node, std::size_t at) {
    if (at == segments.size()) return accept(node.routes);
    if (auto literal = node.literals.find(segments[at]); literal != node.literals.end()) {
      if (walk(*literal->second, at + 1)) return true;
    }
    if (named(node, at)) return true;
    if (node.rest.empty()) return false;
    values.push_back(path.substr(segments[at].data() - path.data()));
    if (accept(node.rest)) return true;
    values.pop_back();
    return false;
  }
};

}  // namespace

struct RouteTable::State {
  std::vector<std::unique_ptr<Route>> routes;
  Node root;
  std::vector<std::pair<std::string, ErrorShape>> prefixes;  // longest first
};

RouteTable::RouteTable() : state_(std::make_unique<State>()) {}
RouteTable::~RouteTable() = default;

RouteTable::Door RouteTable::door(std::string name, ErrorShape error, std::vector<std::string> prefixes) {
  for (std::string& prefix : prefixes) state_->prefixes.emplace_back(std::move(prefix), error);
  std::ranges::stable_sort(state_->prefixes,
                           [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return Door{*this, std::move(name), error};
}

void RouteTable::Door::add(Route route) {
  route.error = error;
  route.door = name;
  route.doc.tag = name;
  auto owned = std::make_unique<Route>(std::move(route));
  Node* node = &table.state_->root;
  std::map<std::string, const Route*, std::less<>>* slot = nullptr;
  for (std::string_view segment : split(owned->pattern)) {
    if (!segment.starts_with('{')) {
      node = &child(node->literals, segment);
      continue;
    }
    std::size_t close = segment.find('}');
    std::string_view inner = segment.substr(1, close - 1);
    if (inner.ends_with("...")) {
      owned->names.emplace_back(inner.substr(0, inner.size() - 3));
      slot = &node->rest;
      break;
    }
    owned->names.emplace_back(inner);
    node = &child(node->named, segment.substr(close + 1));
  }
  if (!slot) slot = &node->routes;
  // Two routes for one path are a mistake of the program, found at start.
  if (!slot->emplace(owned->method, owned.get()).second)
    throw std::logic_error("route stands twice: " + owned->method + " " + owned->pattern);
  owned->index = table.state_->routes.size();
  table.state_->routes.push_back(std::move(owned));
}

Result<RouteTable::Match> RouteTable::match(std::string_view method, std::string_view path) const {
  Match match;
  std::vector<std::string_view> segments = split(path);
  auto prefix = std::ranges::find_if(state_->prefixes, [&](const auto& one) { return under(path, one.first); });
  match.error = prefix == state_->prefixes.end() ? &problem : prefix->second;
  Search search{method, segments, path, {}};
  bool found = search.walk(state_->root, 0);
  if (found && (search.found->pattern != kCatchAll || prefix == state_->prefixes.end())) {
    match.route = search.found;
    match.path.reserve(search.values.size());
    for (std::string_view value : search.values) match.path.push_back(SOUK_TRY(net::decode_path_segment(value)));
    return match;
  }
  if (search.other_methods && search.other_methods->begin()->second->pattern != kCatchAll) {
    for (const auto& [name, route] : *search.other_methods) match.allow += (match.allow.empty() ? "" : ", ") + name;
  }
  return match;
}

const std::vector<std::unique_ptr<Route>>& RouteTable::routes() const {
  return state_->routes;
}

}  // namespace souk::api
