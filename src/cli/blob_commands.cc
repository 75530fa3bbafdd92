// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/event_stream.h"
#include "cli/transfer/progress.h"

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

bool is_over(json::Value move) {
  const std::string state = cell(move, "state");
  return state != "PREPARING" && state != "COPYING";
}

// Follows the move to its end, with a bar.
Result<json::Document> follow(const Context& context, json::Document move) {
  const std::string path = api_path({"blob_moves", cell(move.root(), "id")});
  Progress progress("move", static_cast<std::uint64_t>(integer_at(move.root(), "total_bytes", 0)), context.out.quiet());
  std::int64_t shown = 0;
  const auto look = [&]() -> Status {
    move = SOUK_TRY(context.remote.get(path));
    const std::int64_t done = integer_at(move.root(), "done_bytes", 0);
    progress.add(static_cast<std::uint64_t>(std::max<std::int64_t>(done - shown, 0)));
    shown = std::max(shown, done);
    return is_over(move.root()) ? Status(cancelled("over")) : Status();
  };
  Status followed = look();
  if (followed) {
    followed = follow_events(context.remote, "/api/v1/events?types=blob_move.changed",
                             [&](const std::vector<net::ServerEvent>&) { return look(); });
  }
  progress.finish();
  if (!is_over(move.root())) return followed.error();
  return move;
}

}  // namespace

Status blobs_migrate(const Context& context, const std::string& target, bool no_wait) {
  json::Document move = SOUK_TRY(context.remote.send("POST", api_path({"blob_moves"}), json::write(Target{target})));
  if (!no_wait) move = SOUK_TRY(follow(context, std::move(move)));
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
