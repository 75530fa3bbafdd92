// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace souk::cli {
namespace {

std::string item_path(const QueueOptions& options) {
  return api_path({"queues", options.queue, "items", options.item});
}

// "queues" of one, or all dead ones of a queue.
Status change_dead(const Context& context, const QueueOptions& options, const std::string& verb,
                   const std::string& done) {
  if (options.item.empty() == !options.all) {
    return invalid_argument("name an item, or say --all")
        .advise("souk queue show " + options.queue + " --state DEAD lists what failed for good");
  }
  if (!options.item.empty()) {
    const bool drop = verb == "drop";
    SOUK_TRY(context.remote.send(drop ? "DELETE" : "POST", item_path(options) + (drop ? "" : ":" + verb), ""));
    context.out.remark(done + " item " + options.item + " of queue " + options.queue);
    return {};
  }
  const json::Document answer =
      SOUK_TRY(context.remote.send("POST", api_path({"queues", options.queue}) + ":" + verb, ""));
  context.out.print(answer.root(), [&] { return done + " " + cell(answer.root(), "count") + " items\n"; });
  return {};
}

}  // namespace

Status queue_list(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"queues"})));
  context.out.print(document.root(), [&] {
    return table({{"QUEUE", "name"},
                  {"WAITING", "waiting"},
                  {"DELAYED", "delayed"},
                  {"RUNNING", "running"},
                  {"DEAD", "dead"},
                  {"WAITING SINCE", "oldest_waiting"}},
                 rows_of(document, "queues"));
  });
  return {};
}

Status queue_show(const Context& context, const QueueOptions& options) {
  std::string path = api_path({"queues", options.queue, "items"});
  if (!options.state.empty()) path += "?filter=state%20%3D%20%27" + options.state + "%27";
  const json::Document document = SOUK_TRY(context.remote.list(path, "items", 1000));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "items");
    if (rows.empty()) return std::string("nothing\n");
    return table({{"ITEM", "id"},
                  {"STATE", "state"},
                  {"NAMESPACE", "namespace"},
                  {"ATTEMPTS", "attempts"},
                  {"SINCE", "update_time"},
                  {"ERROR", "error"}},
                 rows);
  });
  return {};
}

Status queue_retry(const Context& context, const QueueOptions& options) {
  return change_dead(context, options, "retry", "put back");
}

Status queue_drop(const Context& context, const QueueOptions& options) {
  SOUK_TRY(context.confirm("drop " + (options.all ? "all dead items" : "item " + options.item) + " of queue " +
                           options.queue));
  return change_dead(context, options, "drop", "dropped");
}

Status queue_cancel(const Context& context, const QueueOptions& options) {
  SOUK_TRY(context.remote.send("POST", item_path(options) + ":cancel", ""));
  context.out.remark("cancelled item " + options.item + " of queue " + options.queue);
  return {};
}

Status schedule_list(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"schedules"})));
  context.out.print(document.root(), [&] {
    return table({{"SCHEDULE", "name"},
                  {"CRON", "cron"},
                  {"ZONE", "zone"},
                  {"QUEUE", "queue"},
                  {"NEXT", "next_time"},
                  {"LAST", "last_time"}},
                 rows_of(document, "schedules"));
  });
  return {};
}

Status node_list(const Context& context) {
  const json::Document document = SOUK_TRY(context.remote.get(api_path({"nodes"})));
  context.out.print(document.root(), [&] {
    return table({{"NODE", "name"}, {"STARTED", "start_time"}, {"SEEN", "seen_time"}}, rows_of(document, "nodes"));
  });
  return {};
}

}  // namespace souk::cli
