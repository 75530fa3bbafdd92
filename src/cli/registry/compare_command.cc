// SPDX-License-Identifier: Apache-2.0
#include "cli/registry/compare_command.h"

namespace souk::cli {
namespace {

struct Options {
  std::vector<std::string> of;
  bool all = false;
};

// A value for people: files by the beginning of their digest, texts without quotes.
std::string shown(json::Value value) {
  if (value.kind() == json::Kind::null) return "-";
  if (value.kind() == json::Kind::string) return printable(value.string());
  if (const auto digest = value.kind() == json::Kind::object ? value.find("digest") : std::nullopt) {
    constexpr std::size_t kShort = 19;  // sha256: and twelve digits
    return std::string(digest->string().substr(0, kShort));
  }
  return printable(value.raw());
}

std::string mark_of(json::Value row) {
  const std::string change = cell(row, "change");
  return change == "SAME" ? "=" : change == "ADDED" ? "+" : change == "REMOVED" ? "-" : "~";
}

std::string value_at(json::Value row, std::int64_t place) {
  std::string out;
  std::int64_t i = 0;
  (void)row.find("values")->each_element([&](json::Value value) -> Status {
    if (i++ == place) out = shown(value);
    return {};
  });
  if (const auto best = row.find("best")) {
    (void)best->each_element([&](json::Value index) -> Status {
      if (index.integer() == place) out += " *";
      return {};
    });
  }
  return out;
}

std::string text_of(json::Value whole, bool all) {
  std::vector<std::string> titles;
  (void)whole.find("items")->each_element([&](json::Value item) -> Status {
    titles.push_back(cell(item, "of"));
    return {};
  });
  std::string out;
  (void)whole.find("sections")->each_element([&](json::Value section) -> Status {
    std::vector<Column> columns{{cell(section, "name"), "name"}, {"", "", mark_of}};
    for (std::size_t i = 0; i < titles.size(); ++i) {
      columns.push_back({titles[i], "", [i](json::Value row) { return value_at(row, static_cast<std::int64_t>(i)); }});
    }
    std::vector<json::Value> rows;
    (void)section.find("rows")->each_element([&](json::Value row) -> Status {
      rows.push_back(row);
      return {};
    });
    if (!out.empty()) out += "\n";
    if (!rows.empty()) out += table(columns, rows);
    const std::string same = cell(section, "same");
    if (!all && same != "0") {
      out += rows.empty() ? cell(section, "name") + ": all " + same + " are the same\n"
                          : "(" + same + " more are the same)\n";
    }
    return {};
  });
  return out;
}

Status compare(const Context& context, const Options& options) {
  std::string of;
  for (const std::string& one : options.of) of += (of.empty() ? "" : ",") + net::encode_query_value(one);
  const auto answer = SOUK_TRY(context.remote.get(
      "/api/v1/compare?of=" + of + (options.all || !context.out.for_people() ? "" : "&only_changed=true")));
  context.out.print(answer.root(), [&] { return text_of(answer.root(), options.all); });
  return {};
}

}  // namespace

void add_compare(CommandLine& line) {
  auto o = std::make_shared<Options>();
  CLI::App* sub = line.verb(&line.app, "compare", "Versions or runs side by side: what changed from the first",
                            [o](const Context& c) { return compare(c, *o); });
  sub->add_option("of", o->of, "2 to 20 of [namespace/]model[:tag|@alias|@sha256:…] or run:ID")->required();
  sub->add_flag("--all", o->all, "Also what is the same");
}

}  // namespace souk::cli
