// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/lines.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/digest.h"

namespace souk::registry {

Status Parts::add(const Line& line) {
  text_ += json::write(line);
  text_ += '\n';
  return text_.size() > kPartBytes ? flush() : Status();
}

Status Parts::finish() {
  return text_.empty() ? Status() : flush();
}

Status Parts::flush() {
  return take_(part_path(unit_, number_++), std::exchange(text_, {}));
}

std::string part_path(const std::string& unit, int number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06d", number);
  return unit + "/" + digits + ".jsonl";
}

std::optional<std::string> unit_of(std::string_view path) {
  constexpr std::size_t kName = 12;  // 000000.jsonl
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 != kName) return {};
  const std::string_view name = path.substr(slash + 1);
  if (!name.ends_with(".jsonl") || !is_all_digits(name.substr(0, 6))) return {};
  const std::string_view unit = path.substr(0, slash);
  for (std::string_view folder : {"models/", "experiments/", "environments/"}) {
    if (unit.starts_with(folder) && unit.find('/', folder.size()) == std::string_view::npos) return std::string(unit);
  }
  if (unit == "artifacts" || unit == "lineage") return std::string(unit);
  return {};
}

Status each_line(std::string_view text, const std::function<Status(const Line&)>& f) {
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto wrong = [&](const Error& why) {
      return Error(Code::invalid_argument, "line " + std::to_string(number)).because(why);
    };
    if (end > kMaxLine) return wrong(invalid_argument("it is longer than lines are"));
    const Result<Line> line = json::read<Line>(text.substr(0, end));
    if (!line) return wrong(line.error());
    if (Status done = f(*line); !done) {
      // What is wrong with the database is not wrong with the line.
      const Code code = done.error().code;
      const bool is_of_line = code == Code::invalid_argument || code == Code::not_found || code == Code::out_of_range ||
                              code == Code::failed_precondition;
      return is_of_line ? Status(wrong(done.error())) : done;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

json::Raw point_text(const MetricPoint& point) {
  return json::Raw{"[" + std::to_string(point.step) + "," + std::to_string(to_millis(point.timestamp)) + "," +
                   json::write(point.value) + "]"};
}

Result<MetricPoint> point_of(const json::Raw& text) {
  const json::Document document = SOUK_TRY(json::Document::parse(text.text));
  std::vector<json::Value> parts;
  if (document.root().kind() == json::Kind::array) {
    SOUK_TRY(document.root().each_element([&](json::Value part) -> Status {
      parts.push_back(part);
      return {};
    }));
  }
  const auto is_number = [](json::Value value) {
    return value.kind() == json::Kind::integer || value.kind() == json::Kind::number;
  };
  if (parts.size() != 3 || parts[0].kind() != json::Kind::integer || parts[1].kind() != json::Kind::integer ||
      !is_number(parts[2]) || !std::isfinite(parts[2].number())) {
    return invalid_argument("a point is [step, milliseconds, value]");
  }
  return MetricPoint{parts[0].integer(), from_millis(parts[1].integer()), parts[2].number()};
}

std::string key_of_model(std::string_view slug) {
  return "model:" + std::string(slug);
}
std::string key_of_version(std::string_view slug, std::int64_t number) {
  return "version:" + std::string(slug) + "/" + std::to_string(number);
}
std::string key_of_experiment(std::string_view slug) {
  return "experiment:" + std::string(slug);
}
std::string key_of_run(std::string_view experiment, std::int64_t ordinal) {
  return "run:" + std::string(experiment) + "/" + std::to_string(ordinal);
}
std::string key_of_environment(std::string_view name) {
  return "environment:" + std::string(name);
}
std::string key_of_service(std::string_view environment, std::string_view name) {
  return "service:" + to_base64(environment) + "/" + to_base64(name);
}

}  // namespace souk::registry
