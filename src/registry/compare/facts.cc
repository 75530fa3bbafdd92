// SPDX-License-Identifier: Apache-2.0
#include "registry/compare/facts.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/yaml.h"
#include "registry/signature.h"

namespace souk::registry {

namespace {

constexpr std::string_view kDependencies = "dependencies";

std::string quoted(std::string_view text) {
  std::string out;
  json::Writer(out).value(text);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// PEP 503: case and runs of -_. do not matter.
std::string normalized(std::string_view package) {
  std::string out;
  for (char c : package) {
    if (c == '-' || c == '_' || c == '.') {
      if (!out.ends_with('-')) out += '-';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

// "numpy>=1.2,<2 ; python_version > '3'": the name, and all that follows. PEP 508, for what people write.
void add_requirement(Facts& facts, std::string_view line) {
  if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) line = line.substr(0, comment);
  line = trimmed(line);
  if (line.empty() || line.front() == '#' || line.front() == '-') return;
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  std::size_t end = 0;
  while (end < line.size() && in_name(line[end])) ++end;
  if (end == 0) return;
  add_text(facts, std::string(kDependencies), normalized(line.substr(0, end)), trimmed(line.substr(end)));
}

void add_list(Facts& facts, json::Value list) {
  (void)list.each_element([&](json::Value one) -> Status {
    if (one.kind() == json::Kind::string) {
      add_requirement(facts, one.string());
    } else if (one.kind() == json::Kind::object) {
      if (const auto pip = one.find("pip"); pip && pip->kind() == json::Kind::array) add_list(facts, *pip);
    }
    return {};
  });
}

Difference difference_of(const ComparedRow& row) {
  if (!row.values.front()) return Difference::ADDED;
  if (std::ranges::any_of(row.values, [](const auto& value) { return !value; })) return Difference::REMOVED;
  const bool same = std::ranges::all_of(row.values, [&](const auto& value) { return *value == *row.values.front(); });
  return same ? Difference::SAME : Difference::CHANGED;
}

std::optional<std::vector<std::int64_t>> best_of(const ComparedRow& row, bool largest) {
  std::vector<std::int64_t> out;
  double best = 0;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    if (!row.values[i]) continue;
    const std::string& text = row.values[i]->text;
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) continue;
    if (out.empty() || (largest ? value > best : value < best)) {
      out.clear();
      best = value;
    }
    if (value == best) out.push_back(static_cast<std::int64_t>(i));
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

void add_text(Facts& facts, const std::string& section, const std::string& name, std::string_view text) {
  facts[section][name] = quoted(text);
}

Status add_members(Facts& facts, const std::string& section, const json::Raw& object) {
  const json::Document document = SOUK_TRY(json::Document::parse(object.text));
  if (document.root().kind() != json::Kind::object) return {};
  return document.root().each_member([&](std::string_view key, json::Value value) -> Status {
    facts[section][std::string(key)] = value.raw();
    return {};
  });
}

Status add_signature(Facts& facts, const std::optional<json::Raw>& signature) {
  if (!signature) return {};
  const Signature read = SOUK_TRY(json::read<Signature>(signature->text, json::UnknownFields::ignore));
  const auto add = [&](const char* way, const std::vector<TensorSpec>& tensors) {
    for (const TensorSpec& tensor : tensors) {
      std::string text(json::enum_name(tensor.datatype));
      text += json::write(tensor.shape);
      add_text(facts, "signature", way + (" " + tensor.name), text);
    }
  };
  add("input", read.inputs);
  add("output", read.outputs);
  if (read.task) add_text(facts, "signature", "task", *read.task);
  return {};
}

void add_files(Facts& facts, const std::vector<artifacts::File>& files) {
  for (const artifacts::File& file : files) {
    facts["files"][file.path] =
        R"({"digest":")" + file.digest.string() + R"(","size_bytes":)" + std::to_string(file.size_bytes) + "}";
  }
}

bool lists_dependencies(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  static const std::set<std::string_view> kNames{"requirements.txt", "conda.yaml",       "conda.yml",
                                                 "environment.yml",  "environment.yaml", "python_env.yaml"};
  return kNames.contains(name);
}

void add_requirements(Facts& facts, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = text.substr(0, end); json::is_utf8(line)) add_requirement(facts, line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_dependencies(Facts& facts, std::string_view path, std::string_view text) {
  if (path.ends_with(".txt")) return add_requirements(facts, text);
  const auto read = yaml::to_json(text);
  if (!read) return;
  const auto document = json::Document::parse(read->text);
  if (!document || document->root().kind() != json::Kind::object) return;
  if (const auto list = document->root().find("dependencies"); list && list->kind() == json::Kind::array)
    add_list(facts, *list);
}

std::vector<ComparedSection> sections_of(const std::vector<Facts>& facts,
                                         const std::map<std::string, std::string>& best, bool only_changed) {
  std::vector<ComparedSection> out;
  for (const char* name :
       {"about", "parameters", "metrics", "signature", "files", "dependencies", "tags", "properties"}) {
    std::map<std::string, ComparedRow> rows;
    for (std::size_t i = 0; i < facts.size(); ++i) {
      const auto section = facts[i].find(name);
      if (section == facts[i].end()) continue;
      for (const auto& [key, value] : section->second) {
        ComparedRow& row = rows[key];
        row.values.resize(facts.size());
        row.values[i] = json::Raw{value};
      }
    }
    ComparedSection section{name, 0, 0, {}};
    for (auto& [key, row] : rows) {
      row.name = key;
      row.change = difference_of(row);
      if (const auto way = best.find(key); section.name == "metrics" && way != best.end())
        row.best = best_of(row, way->second == "max");
      (row.change == Difference::SAME ? section.same : section.changed)++;
      if (!only_changed || row.change != Difference::SAME) section.rows.push_back(std::move(row));
    }
    if (section.same + section.changed > 0) out.push_back(std::move(section));
  }
  return out;
}

}  // namespace souk::registry
