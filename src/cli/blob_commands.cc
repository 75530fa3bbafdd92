// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/follow.h"

namespace souk::cli {
namespace {

struct Target {
  std::string target;
};
BOOST_DESCRIBE_STRUCT(Target, (), (target))

const std::vector<Column>& move_columns() {
  const auto of = [](const char* done, const char* total) {
    return [done, total](json::Value v) {
      return human_bytes(static_cast<double>(integer_at(v, done, 0))) + " of " +
             human_bytes(static_cast<double>(integer_at(v, total, 0)));
    };
  };
  static const std::vector<Column> columns{{"MOVE", "id"},
                                           {"STATE", "state"},
                                           {"FROM", "source"},
                                           {"TO", "target"},
                                           {"DONE", "", of("done_bytes", "total_bytes")},
                                           {"COPIED", "copied_blobs"},
                                           {"SINCE", "create_time"},
                                           {"ERROR", "error"}};
  return columns;
}

}  // namespace

Status blobs_migrate(const Context& context, const std::string& target, bool no_wait) {
  json::Document move = SOUK_TRY(context.remote.send("POST", api_path({"blob_moves"}), json::write(Target{target})));
  if (!no_wait) {
    move = SOUK_TRY(follow_to_end(context, "move", api_path({"blob_moves", cell(move.root(), "id")}),
                                  "/api/v1/events?types=blob_move.changed", {"PREPARING", "COPYING"}));
  }
  context.out.print(move.root(), [&] { return card(move_columns(), move.root()); });
  const std::string state = cell(move.root(), "state"), to = cell(move.root(), "target");
  if (state == "FAILED") return data_loss(cell(move.root(), "error")).advise("souk blobs status");
  if (state == "DONE") {
    context.out.remark("the bytes are at " + to + "; set --blobs to it before the next start. What is left at " +
                       cell(move.root(), "source") + " is not used any more");
  } else if (no_wait) {
    context.out.remark("next: souk blobs status");
  }
  return {};
}

Status blobs_status(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"blob_moves"})));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "blob_moves");
    if (rows.empty()) return std::string("no bytes were moved yet\n");
    return table(move_columns(), rows);
  });
  return {};
}

}  // namespace souk::cli
