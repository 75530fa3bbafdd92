// SPDX-License-Identifier: Apache-2.0
#include "api/native/figures/exposition.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace souk::api::native {

namespace {

struct Line {
  std::string_view name, labels, value;

  double number() const {
    double out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  }
  std::int64_t whole() const { return static_cast<std::int64_t>(number()); }
  // The labels that are asked for here never hold what would have to be escaped.
  std::string_view label(std::string_view wanted) const {
    for (std::size_t at = labels.find(wanted); at != std::string_view::npos; at = labels.find(wanted, at + 1)) {
      if (at > 0 && labels[at - 1] != ',') continue;
      std::string_view rest = labels.substr(at + wanted.size());
      if (!rest.starts_with("=\"")) continue;
      rest.remove_prefix(2);
      return rest.substr(0, rest.find('"'));
    }
    return {};
  }
};

Line line_of(std::string_view text) {
  Line line;
  const std::size_t space = text.rfind(' ');
  if (space == std::string_view::npos) return line;
  line.value = text.substr(space + 1);
  text = text.substr(0, space);
  const std::size_t brace = text.find('{');
  line.name = text.substr(0, brace);
  if (brace != std::string_view::npos) line.labels = text.substr(brace + 1, text.size() - brace - 2);
  return line;
}

// Each sample of the family; a sample of it is the name followed by its labels or its value.
void each(std::string_view text, std::string_view family, const std::function<void(const Line&)>& f) {
  const std::string start = "\n" + std::string(family);
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    const std::size_t after = at + start.size();
    if (after >= text.size() || (text[after] != '{' && text[after] != ' ')) continue;
    f(line_of(text.substr(at + 1, text.find('\n', at + 1) - at - 1)));
  }
}

double sum(std::string_view text, std::string_view family) {
  double out = 0;
  each(text, family, [&out](const Line& line) { out += line.number(); });
  return out;
}

std::int64_t whole(std::string_view text, std::string_view family) {
  return static_cast<std::int64_t>(sum(text, family));
}

void add(std::optional<SumOf>& to, const Line& line) {
  if (!to) to.emplace();
  if (line.name.ends_with("_sum")) {
    to->sum += line.number();
  } else {
    to->count += line.whole();
  }
}

void add(DeploymentFigures& to, const Line& line) {
  if (line.name == "souk_serving_requests_total") {
    to.requests += line.whole();
    if (line.label("code") != "OK") to.errors += line.whole();
  } else if (line.name == "souk_serving_replica_memory_bytes") {
    to.memory_bytes += line.whole();
  } else if (line.name == "souk_serving_request_duration_seconds_bucket") {
    const std::string_view bound = line.label("le");
    double le = 0;
    std::from_chars(bound.data(), bound.data() + bound.size(), le);
    to.latency.push_back({bound == "+Inf" ? std::nullopt : std::optional(le), line.whole()});
  } else if (line.name == "souk_serving_revision_requests_total") {
    const std::string_view revision = line.label("revision");
    auto known = std::ranges::find(to.revisions, revision, &RevisionRequests::revision);
    if (known == to.revisions.end()) known = to.revisions.insert(known, {std::string(revision), 0});
    known->requests += line.whole();
  } else if (line.name.starts_with("souk_serving_revision_queue_duration_seconds_") &&
             !line.name.ends_with("_bucket")) {
    add(to.queue_seconds, line);
  } else if (line.name.starts_with("souk_serving_revision_batch_rows_") && !line.name.ends_with("_bucket")) {
    add(to.batch_rows, line);
  }
}

}  // namespace

HealthFigures health_in(std::string_view text) {
  HealthFigures out;
  each(text, "souk_api_requests_total", [&out](const Line& line) {
    out.requests += line.whole();
    const std::string_view status = line.label("status");
    if (status == "5xx") out.failed += line.whole();
    if (status == "4xx") out.refused += line.whole();
  });
  out.inferences = whole(text, "souk_serving_requests_total");
  out.connections = whole(text, "souk_net_connections");
  out.watchers = whole(text, "souk_events_subscribers");
  out.memory_bytes = whole(text, "process_resident_memory_bytes");
  // Folders may lie on one disk, or on several: the one that is full first counts.
  each(text, "souk_app_disk_free_bytes", [&out](const Line& line) {
    const std::int64_t free = line.whole();
    out.disk_free_bytes = std::min(out.disk_free_bytes.value_or(free), free);
  });
  out.open_files = whole(text, "process_open_fds");
  out.max_files = whole(text, "process_max_fds");
  out.database_silence_seconds = sum(text, "souk_app_database_silence_seconds");
  out.memory_budget_bytes = whole(text, "souk_serving_memory_budget_bytes");
  out.memory_held_bytes = whole(text, "souk_serving_memory_held_bytes");
  return out;
}

DeploymentFigures deployment_in(std::string_view text, std::string_view deployment) {
  DeploymentFigures out;
  const std::string label = "{deployment=\"" + std::string(deployment) + "\"";
  for (std::size_t at = text.find(label); at != std::string_view::npos; at = text.find(label, at + 1)) {
    const std::size_t begin = text.rfind('\n', at) + 1;
    add(out, line_of(text.substr(begin, text.find('\n', at) - begin)));
  }
  return out;
}

}  // namespace souk::api::native
