// SPDX-License-Identifier: Apache-2.0
#include "api/instill/shapes.h"

#include <algorithm>
#include <set>

namespace souk::api::instill {
namespace {

constexpr std::string_view kTypes = "type.googleapis.com/model.v1alpha.";

std::string quoted(std::string_view text) {
  std::string out;
  json::Writer writer(out);
  writer.value(text);
  return out;
}

std::string typed(std::string_view type, const std::string& members) {
  return "{\"@type\":" + quoted(std::string(kTypes) + std::string(type)) + (members.empty() ? "" : "," + members) + "}";
}

// The members of TriggerModelVersionResponse.
std::string response_members(const tasks::ModelRun& run, const tasks::Payload& payload) {
  return "\"task\":" + quoted("TASK_" + run.task) +
         ",\"task_outputs\":" + (payload.outputs ? payload.outputs->text : "[]");
}

std::string name_of(const tasks::ModelRun& run) {
  std::string out = "namespaces/" + run.namespace_ + "/models/" + run.model;
  if (!run.version.empty()) out += "/versions/" + run.version;
  return out;
}

json::Raw response_of(const tasks::ModelRun& run, const tasks::Payload& payload, bool latest) {
  const std::string response = response_members(run, payload);
  if (!latest) return {typed("TriggerModelVersionResponse", response)};
  const std::string request =
      "{\"name\":" + quoted(name_of(run)) + ",\"task_inputs\":" + (payload.inputs ? payload.inputs->text : "[]") + "}";
  return {typed("LatestOperation", "\"request\":" + request + ",\"response\":{" + response + "}")};
}

std::int64_t code_of(const std::string& name) {
  for (int code = 1; code <= 16; ++code) {
    if (code_name(static_cast<Code>(code)) == name) return code;
  }
  return static_cast<std::int64_t>(Code::unknown);
}

}  // namespace

Operation operation_of(const tasks::ModelRun& run, const tasks::Payload& payload, bool latest) {
  Operation out;
  out.name = "operations/" + run.uid;
  out.metadata = {"{\"@type\":\"type.googleapis.com/google.protobuf.Struct\",\"value\":{\"model\":" +
                  quoted(name_of(run)) + ",\"state\":" + quoted(json::enum_name(run.state)) +
                  ",\"create_time\":" + quoted(format_rfc3339(run.create_time)) +
                  ",\"update_time\":" + quoted(format_rfc3339(run.update_time)) + "}}"};
  out.done = tasks::is_final(run.state);
  if (run.state == tasks::RunState::SUCCEEDED) out.response = response_of(run, payload, latest);
  if (run.state == tasks::RunState::FAILED) out.error = RpcStatus{code_of(run.error_code), run.error, {}};
  if (run.state == tasks::RunState::CANCELLED) {
    out.error = RpcStatus{static_cast<std::int64_t>(Code::cancelled), "the operation was cancelled", {}};
  }
  return out;
}

Result<std::string> requester_of(const Rooms& rooms, const Exchange& exchange) {
  const std::string_view uid = exchange.head().header("Instill-Requester-Uid");
  if (uid.empty()) return std::string();
  for (const access::Namespace& one : SOUK_TRY(rooms.access.list_namespaces(exchange.call))) {
    if (one.uid == uid) return one.slug;
  }
  return not_found("Instill-Requester-Uid names no namespace that you see").at("Instill-Requester-Uid");
}

Result<std::string> namespace_of(std::string_view name, std::string_view field) {
  constexpr std::string_view kPrefix = "namespaces/";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return invalid_argument(std::string(field) + " is '" + std::string(name.substr(0, 60)) +
                            "'; namespaces/NAME is expected")
        .at(std::string(field));
  }
  return std::string(name);
}

bool is_full(const std::optional<std::string>& view) {
  return view && (*view == "VIEW_FULL" || *view == "FULL");
}

std::string plain_filter(std::string_view filter, const std::map<std::string_view, std::string_view>& names) {
  const auto is_word = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  std::string out;
  bool in_timestamp = false;
  for (std::size_t at = 0; at < filter.size();) {
    std::size_t end = at + 1;
    if (const char c = filter[at]; c == '\'' || c == '"' || c == '`') {
      while (end < filter.size() && filter[end] != c) end += filter[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, filter.size());
    } else if (is_word(c)) {
      while (end < filter.size() && is_word(filter[end])) ++end;
    }
    const std::string_view token = filter.substr(at, end - at);
    at = end;
    if (token == "timestamp" && filter.substr(at).starts_with('(')) {
      in_timestamp = true;
      ++at;
    } else if (token == ")" && in_timestamp) {
      in_timestamp = false;
    } else {
      const auto other = names.find(token);
      out += other == names.end() ? token : other->second;
    }
  }
  return out;
}

Result<std::string> snake_keys(std::string_view object) {
  const json::Document document = SOUK_TRY(json::Document::parse(object));
  if (document.root().kind() != json::Kind::object) {
    return invalid_argument("expected an object, got " + std::string(document.root().kind_name())).at("body");
  }
  std::string out;
  json::Writer writer(out);
  std::set<std::string> seen;
  writer.begin_object();
  SOUK_TRY(document.root().each_member([&](std::string_view key, json::Value value) -> Status {
    std::string snake;
    for (const char c : key) {
      if (c >= 'A' && c <= 'Z') {
        snake += '_';
        snake += static_cast<char>(c - 'A' + 'a');
      } else {
        snake += c;
      }
    }
    if (!seen.insert(snake).second) return invalid_argument("'" + snake + "' is given twice").at(snake);
    writer.key(snake);
    writer.raw(value.raw());
    return {};
  }));
  writer.end_object();
  return out;
}

}  // namespace souk::api::instill
