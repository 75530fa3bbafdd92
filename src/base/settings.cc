// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "base/settings_forms.h"
#include "base/time.h"
#include "base/yaml.h"

namespace souk::settings {
namespace {

std::string plain_number(double value) {
  char text[40];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// "from 1s to 1h", "of at least 1s", "" …, with `format` writing a bound.
template <class Format>
std::string bounds_text(const About& about, Format format) {
  const bool low = about.min > std::numeric_limits<double>::lowest();
  const bool high = about.max < std::numeric_limits<double>::max();
  if (low && high) return " from " + format(about.min) + " to " + format(about.max);
  if (low) return " of at least " + format(about.min);
  if (high) return " of at most " + format(about.max);
  return "";
}

Error expected(const std::string& what, std::string_view text) {
  return invalid_argument("expected " + what + ", got " + json::write(std::string(text.substr(0, 100))));
}

bool in_bounds(const About& about, double value) {
  return value >= about.min && value <= about.max;
}

std::string joined(const std::vector<std::string>& list, std::string_view separator) {
  std::string text;
  for (const std::string& one : list) text.append(text.empty() ? "" : separator).append(one);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) list.emplace_back(one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return list;
}

template <class T>
Status set_number(std::string_view text, T& field, const About& about, const char* what) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !in_bounds(about, static_cast<double>(value))) {
    return expected(what + bounds_text(about, plain_number), text);
  }
  field = value;
  return {};
}

std::string scalar_text(json::Value value) {
  return value.kind() == json::Kind::string ? std::string(value.string()) : value.raw();
}

using Assign = std::function<Status(const std::string& key, const std::string& text)>;

// Calls assign for each leaf of the file's maps; a list becomes its comma-separated form.
Status assign_tree(json::Value value, const std::string& key, const Assign& assign) {
  if (value.kind() == json::Kind::object) {
    return value.each_member([&](std::string_view name, json::Value member) {
      return assign_tree(member, key.empty() ? std::string(name) : key + "." + std::string(name), assign);
    });
  }
  if (key.empty()) return invalid_argument("expected a map of settings, got " + std::string(value.kind_name()));
  if (value.kind() != json::Kind::array) return assign(key, scalar_text(value));
  std::vector<std::string> list;
  SOUK_TRY(value.each_element([&](json::Value element) -> Status {
    list.push_back(scalar_text(element));
    if (list.back().find(',') != std::string::npos || element.kind() != json::Kind::string) {
      return invalid_argument(key + ": expected a list of texts without commas");
    }
    return {};
  }));
  return assign(key, joined(list, ","));
}

std::string row(const Entry& entry) {
  std::string allowed;
  if (!entry.about.choices.empty()) {
    allowed = joined(entry.about.choices, ", ");
  } else if (entry.type == "duration") {
    allowed = bounds_text(entry.about, [](double v) { return format_duration(Duration(std::int64_t(v))); });
  } else if (entry.type == "size") {
    allowed = bounds_text(entry.about, [](double v) { return format_size(std::uint64_t(v)); });
  } else {
    allowed = bounds_text(entry.about, plain_number);
  }
  if (allowed.starts_with(' ')) allowed.erase(0, 1);
  const std::string shown = entry.default_text.empty() ? "" : "`" + entry.default_text + "`";
  std::string help = entry.about.help;
  for (std::size_t at = 0; (at = help.find('|', at)) != std::string::npos; at += 2) help.insert(at, 1, '\\');
  return "| `" + entry.key + "` | " + entry.type + " | " + shown + " | " + allowed + " | " + help + " |\n";
}

}  // namespace

void Table::add_entry(Entry entry) {
  entry.default_text = entry.get();
  entries_.push_back(std::move(entry));
}

void Table::add(std::string key, std::string& field, About about) {
  auto set = [&field, about](std::string_view text) -> Status {
    if (text.find('\0') != std::string_view::npos) return invalid_argument("expected a text without NUL bytes");
    if (!about.choices.empty() && std::find(about.choices.begin(), about.choices.end(), text) == about.choices.end()) {
      return expected("one of " + joined(about.choices, ", "), text);
    }
    field = text;
    return {};
  };
  add_entry({std::move(key), "string", "", about, "default", set, [&field] { return field; }});
}

void Table::add(std::string key, bool& field, About about) {
  auto set = [&field](std::string_view text) -> Status {
    if (text != "true" && text != "false") return expected("true or false", text);
    field = text == "true";
    return {};
  };
  add_entry({std::move(key), "boolean", "", about, "default", set, [&field] { return field ? "true" : "false"; }});
}

void Table::add(std::string key, std::int64_t& field, About about) {
  auto set = [&field, about](std::string_view text) { return set_number(text, field, about, "an integer"); };
  add_entry({std::move(key), "integer", "", about, "default", set, [&field] { return std::to_string(field); }});
}

void Table::add(std::string key, double& field, About about) {
  auto set = [&field, about](std::string_view text) { return set_number(text, field, about, "a number"); };
  add_entry({std::move(key), "number", "", about, "default", set, [&field] { return plain_number(field); }});
}

void Table::add(std::string key, std::chrono::milliseconds& field, About about) {
  auto set = [&field, about](std::string_view text) -> Status {
    const auto value = parse_duration(text);
    if (!value || !in_bounds(about, static_cast<double>(value->count()))) {
      const auto bound = [](double v) { return format_duration(Duration(std::int64_t(v))); };
      return expected("a duration such as 30s" + bounds_text(about, bound), text);
    }
    field = *value;
    return {};
  };
  add_entry({std::move(key), "duration", "", about, "default", set, [&field] { return format_duration(field); }});
}

void Table::add(std::string key, Bytes& field, About about) {
  auto set = [&field, about](std::string_view text) -> Status {
    const auto value = parse_size(text);
    if (!value || !in_bounds(about, static_cast<double>(*value))) {
      const auto bound = [](double v) { return format_size(std::uint64_t(v)); };
      return expected("a size such as 64MiB" + bounds_text(about, bound), text);
    }
    field.count = *value;
    return {};
  };
  add_entry({std::move(key), "size", "", about, "default", set, [&field] { return format_size(field.count); }});
}

void Table::add(std::string key, std::vector<std::string>& field, About about) {
  auto set = [&field, about](std::string_view text) -> Status {
    std::vector<std::string> list = split_list(text);
    for (const std::string& one : list) {
      const auto& choices = about.choices;
      if (!choices.empty() && std::find(choices.begin(), choices.end(), one) == choices.end()) {
        return expected("a list of " + joined(choices, ", "), one);
      }
    }
    field = std::move(list);
    return {};
  };
  add_entry({std::move(key), "list", "", about, "default", set, [&field] { return joined(field, ","); }});
}

Status Table::assign(std::string_view key, std::string_view value, std::string_view source) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  if (entry == entries_.end()) {
    return invalid_argument("there is no setting " + std::string(key) + ", which the " + std::string(source) + " gives")
        .at(std::string(key))
        .advise("souk serve --help lists them");
  }
  if (Status status = entry->set(value); !status) {
    const std::string why = entry->about.secret ? "the value has the wrong form" : status.error().message;
    return invalid_argument("setting " + entry->key + " from the " + std::string(source) + ": " + why).at(entry->key);
  }
  entry->source = source;
  return {};
}

Status Table::load_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return invalid_argument("cannot read the settings file " + path + ": " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return invalid_argument("cannot read the settings file " + path);
  const auto fail = [&path](Error error) {
    Error outer = invalid_argument("settings file " + path + ": " + error.message);
    outer.field = error.field;
    outer.hint = error.hint;
    return outer;
  };
  const auto raw = yaml::to_json(text, {}, yaml::Scalars::text);
  if (!raw) return fail(raw.error());
  if (raw->text == "\"\"" || raw->text == "null") return {};
  const json::Document document = SOUK_TRY(json::Document::parse(raw->text));
  const Assign assign = [this](const std::string& key, const std::string& value) {
    return this->assign(key, value, "file");
  };
  if (const Status status = assign_tree(document.root(), "", assign); !status) return fail(status.error());
  return {};
}

Status Table::load_environment(const char* const* environment, const std::vector<std::string>& others) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view pair = *environment;
    const std::size_t equals = pair.find('=');
    if (!pair.starts_with("SOUK_") || equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    if (std::find(others.begin(), others.end(), name) != others.end()) continue;
    const auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return environment_name(e.key) == name; });
    if (entry == entries_.end()) {
      return invalid_argument("the environment has " + std::string(name) + ", which is no setting of souk")
          .at(std::string(name))
          .advise("souk serve --help lists them; unset the variable");
    }
    SOUK_TRY(assign(entry->key, pair.substr(equals + 1), "environment"));
  }
  return {};
}

Status Table::set_flag(std::string_view key, std::string_view value) {
  for (const Entry& entry : entries_) {
    if (entry.key == key && entry.about.secret) {
      return invalid_argument("setting " + entry.key + " is a secret, and arguments can be read by other users")
          .at(entry.key)
          .advise("give it as " + environment_name(key) + " or in the settings file");
    }
  }
  return assign(key, value, "flag");
}

std::string Table::environment_name(std::string_view key) {
  std::string name = "SOUK_";
  for (const char c : key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string Table::flag_name(std::string_view key) {
  std::string name = "--";
  for (const char c : key) name += c == '.' || c == '_' ? '-' : c;
  return name;
}

std::string Table::markdown() const {
  std::string text =
      "# Settings\n\nA key `net.idle_timeout` is `SOUK_NET_IDLE_TIMEOUT` in the environment, `--net-idle-timeout` as a "
      "flag and\n`net: {idle_timeout: …}` in the YAML file of `--config`. The later wins: default, file, environment, "
      "flag.\n\n| key | type | default | allowed | what it does |\n|---|---|---|---|---|\n";
  for (const Entry& entry : entries_) text += row(entry);
  return text;
}

std::string mask_url(std::string_view url) {
  std::string masked(url);
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return masked;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(begin, end - begin).rfind('@');
  if (at == std::string_view::npos) return masked;
  const std::size_t colon = url.substr(begin, at).find(':');
  if (colon == std::string_view::npos) return masked;
  return masked.replace(begin + colon + 1, at - colon - 1, "***");
}

}  // namespace souk::settings
