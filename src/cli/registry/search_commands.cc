// SPDX-License-Identifier: Apache-2.0
//
// souk search WORDS… and souk lineage OF.
#include "cli/commands.h"

namespace souk::cli {

Status search(const Context& context, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  const json::Document document = SOUK_TRY(context.remote.get("/api/v1/search?q=" + net::encode_query_value(text)));
  if (const std::string corrected = cell(document.root(), "corrected"); !corrected.empty())
    context.out.remark("searched for " + corrected);
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "hits");
    if (rows.empty()) return std::string("nothing was found\n");
    return table({{"KIND", "kind"}, {"REFERENCE", "reference"}, {"NAME", "title"}, {"DESCRIPTION", "summary"}}, rows);
  });
  return {};
}

Status lineage(const Context& context, const std::string& of, int depth) {
  const std::string path = "/api/v1/lineage?of=" + net::encode_query_value(of) + "&depth=" + std::to_string(depth);
  const json::Document document = SOUK_TRY(context.remote.get(path));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> nodes = rows_of(document, "nodes"), edges = rows_of(document, "edges");
    const auto named = [&nodes](const std::string& node) {
      for (json::Value one : nodes) {
        if (cell(one, "node") != node) continue;
        const std::string name = cell(one, "name");
        return cell(one, "kind") + " " + (name.empty() ? node.substr(node.find(':') + 1) + " (gone)" : name);
      }
      return node;
    };
    if (edges.empty())
      return named(cell(nodes.empty() ? document.root() : nodes.front(), "node")) +
             ": nothing led to it or came of it\n";
    return table({{"FROM", "", [&](json::Value v) { return named(cell(v, "source")); }},
                  {"STEP", "relation"},
                  {"TO", "", [&](json::Value v) { return named(cell(v, "target")); }}},
                 edges);
  });
  return {};
}

}  // namespace souk::cli
