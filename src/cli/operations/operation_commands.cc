// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/event_stream.h"
#include "cli/task_input.h"

namespace souk::cli {
namespace {

constexpr int kLongestWait = 60;  // seconds that the server grants at a time

std::string operation_path(const std::string& uid) {
  return api_path({"operations", uid});
}

bool has_ended(json::Value operation) {
  const std::string state = cell(operation, "state");
  return state != "QUEUED" && state != "RUNNING";
}

std::string operation_card(json::Value operation) {
  return card({{"Operation", "uid"},
               {"State", "state"},
               {"Model", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "model"); }},
               {"Version", "version"},
               {"Task", "task"},
               {"Inputs", "input_count"},
               {"Asked for by", "runner"},
               {"Error", "error.message"},
               {"Milliseconds", "duration_ms"},
               {"Created", "create_time"},
               {"Ended", "end_time"},
               {"Outputs", "",
                [](json::Value v) {
                  const auto outputs = v.find("task_outputs");
                  return outputs ? printable(outputs->raw()) : std::string();
                }}},
              operation);
}

Result<json::Document> wait_for(const Context& context, json::Document operation) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(std::max(context.wait_seconds, 0));
  while (!has_ended(operation.root()) && std::chrono::steady_clock::now() < deadline) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()).count();
    net::ClientRequest request;
    request.url = operation_path(cell(operation.root(), "uid"));
    request.headers = {{"Prefer", "wait=" + std::to_string(std::min<std::int64_t>(left, kLongestWait))}};
    const net::ClientResponse answer = SOUK_TRY(context.remote.exchange(std::move(request)));
    if (answer.status >= 400) return error_of(answer, "GET operation");
    operation = SOUK_TRY(json::Document::parse(answer.body));
  }
  return operation;
}

// What an operation became is the command's own success or failure.
Status judge(json::Value operation) {
  const std::string uid = cell(operation, "uid"), state = cell(operation, "state");
  if (state == "FAILED")
    return failed_precondition("operation " + uid + " failed: " + cell(operation, "error.message"));
  if (state == "CANCELLED") return cancelled("operation " + uid + " was cancelled");
  if (!has_ended(operation)) {
    return deadline_exceeded("operation " + uid + " is still " + state).advise("souk operation show " + uid);
  }
  return {};
}

}  // namespace

Status operation_create(const Context& context, const OperationOptions& options) {
  std::string inputs;
  if (!options.image.empty()) {
    inputs = "[" + image_input(SOUK_TRY(read_file(options.image))) + "]";
  } else if (!options.data.empty()) {
    const std::string text = SOUK_TRY(read_argument(options.data));
    const json::Document document = SOUK_TRY(json::Document::parse(text));
    inputs = document.root().kind() == json::Kind::array ? text : "[" + text + "]";
  } else {
    return invalid_argument("there is nothing to work on")
        .advise("souk operation create " + options.name + " --image FILE, or --data JSON");
  }
  std::string body = "{\"model\":";
  json::Writer writer(body);
  writer.value(options.name);
  body += ",\"task_inputs\":" + inputs + "}";
  json::Document operation = SOUK_TRY(context.remote.send("POST", api_path({"operations"}), body));
  operation = SOUK_TRY(wait_for(context, std::move(operation)));
  context.out.print(operation.root(), [&] { return operation_card(operation.root()); });
  if (context.wait_seconds > 0) return judge(operation.root());
  context.out.remark("next: souk operation show " + cell(operation.root(), "uid") + " --wait 60");
  return {};
}

Status operation_list(const Context& context, const ListOptions& options) {
  std::string path = api_path({"operations"});
  if (!options.filter.empty()) path += "?filter=" + net::encode_query_value(options.filter);
  const json::Document document = SOUK_TRY(context.remote.list(path, "operations", 1000));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "operations");
    if (rows.empty()) return std::string("no operations; make one: souk operation create MODEL --image FILE\n");
    return table({{"OPERATION", "uid"},
                  {"STATE", "state"},
                  {"NAMESPACE", "namespace"},
                  {"MODEL", "model"},
                  {"BY", "runner"},
                  {"CREATED", "create_time"},
                  {"MS", "duration_ms"}},
                 rows);
  });
  return {};
}

Status operation_show(const Context& context, const std::string& uid) {
  json::Document operation = SOUK_TRY(context.remote.get(operation_path(uid)));
  operation = SOUK_TRY(wait_for(context, std::move(operation)));
  context.out.print(operation.root(), [&] { return operation_card(operation.root()); });
  return context.wait_seconds > 0 ? judge(operation.root()) : Status();
}

Status operation_watch(const Context& context, const std::string& uid) {
  std::optional<json::Document> last;
  std::string shown;
  const auto take = [&](const std::vector<net::ServerEvent>& events) -> Status {
    for (const net::ServerEvent& event : events) {
      if (event.type != "operation") continue;
      json::Document now = SOUK_TRY(json::Document::parse(event.data));
      const std::string state = cell(now.root(), "state");
      if (std::exchange(shown, state) == state) continue;  // the stream began anew
      context.out.print(now.root(), [&] { return cell(now.root(), "update_time") + "  " + state + "\n"; });
      if (!has_ended(now.root())) continue;
      last = std::move(now);
      return cancelled("the operation has ended");
    }
    return {};
  };
  const Status followed = follow_events(context.remote, operation_path(uid) + "/events", take);
  return last ? judge(last->root()) : followed;
}

Status operation_cancel(const Context& context, const std::string& uid) {
  SOUK_TRY(context.remote.send("POST", operation_path(uid) + ":cancel", ""));
  context.out.remark("asked operation " + uid + " to end");
  return {};
}

Status model_runs(const Context& context, const std::string& model) {
  const Name name = SOUK_TRY(parse_name(model, "model"));
  const std::string filter = "namespace = '" + name.namespace_ + "' AND model = '" + name.slug + "'";
  const json::Document document = SOUK_TRY(
      context.remote.list(api_path({"model_runs"}) + "?filter=" + net::encode_query_value(filter), "model_runs", 1000));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "model_runs");
    if (rows.empty()) return std::string("no runs\n");
    return table({{"RUN", "uid"},
                  {"STATE", "state"},
                  {"VERSION", "version"},
                  {"BY", "runner"},
                  {"INPUTS", "input_count"},
                  {"CREATED", "create_time"},
                  {"MS", "duration_ms"},
                  {"ERROR", "error.message"}},
                 rows);
  });
  return {};
}

}  // namespace souk::cli
