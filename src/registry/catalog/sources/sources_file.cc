// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/sources/sources_file.h"

#include <algorithm>

#include "access/access.h"
#include "base/yaml.h"
#include "registry/catalog/sources/globs.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxSources = 200;
constexpr std::size_t kMaxId = 100;

// A source as it is written.
struct Written {
  std::optional<std::string> id, name, type;
  std::optional<bool> enabled;
  std::optional<std::vector<std::string>> labels, includedModels, excludedModels, includedServers, excludedServers;
  std::optional<SourceProperties> properties;
};
BOOST_DESCRIBE_STRUCT(Written, (),
                      (id, name, type, enabled, labels, includedModels, excludedModels, includedServers,
                       excludedServers, properties))

struct Condition {
  std::string operator_;
  json::Raw value;
};
BOOST_DESCRIBE_STRUCT(Condition, (), (operator_, value))

void append(std::vector<std::string>& to, std::optional<std::vector<std::string>>& from) {
  if (from) std::ranges::move(*from, std::back_inserter(to));
}

std::string text_of(json::Value value, std::string_view name) {
  const auto found = value.kind() == json::Kind::object ? value.find(name) : std::nullopt;
  return found && found->kind() == json::Kind::string ? std::string(found->string().substr(0, kMaxId)) : "";
}

Status check(const SourceConfig& config) {
  const bool known = config.type == "yaml" || config.type == "hf" || config.type == "souk";
  if (!known) return invalid_argument("the type is " + access::as_shown(config.type) + "; known are yaml, hf, souk");
  const bool models = config.source.asset == CatalogAsset::models;
  if (!models && config.type != "yaml") return invalid_argument("a source of MCP servers has the type yaml");
  const SourceProperties& properties = config.properties;
  if (config.type == "yaml" && (!properties.yamlCatalogPath || properties.yamlCatalogPath->empty()))
    return invalid_argument("properties.yamlCatalogPath is missing");
  for (const auto& limit : {properties.modelLimit, properties.maxModels})
    if (limit && *limit < 1) return invalid_argument("properties.modelLimit is less than 1");
  return check_globs(config.source.included, config.source.excluded);
}

SourceConfig config_of(json::Value value, CatalogAsset asset) {
  SourceConfig out;
  out.source.asset = asset;
  out.mark = value.raw();
  Written written;
  Status read = value.kind() == json::Kind::object ? json::read(value, written, json::UnknownFields::ignore, "")
                                                   : Status(invalid_argument("expected an object"));
  out.source.id = written.id.value_or(text_of(value, "id"));
  out.source.name = written.name.value_or(out.source.id);
  out.source.enabled = written.enabled.value_or(true);
  out.type = written.type.value_or("");
  out.properties = written.properties.value_or(SourceProperties());
  append(out.source.labels, written.labels);
  append(out.source.included, written.includedModels);
  append(out.source.included, written.includedServers);
  append(out.source.excluded, written.excludedModels);
  append(out.source.excluded, written.excludedServers);
  if (read) read = check(out);
  if (!read) {
    out.source.status = SourceStatus::error;
    out.source.error = (read.error().field.empty() ? "" : read.error().field + ": ") + read.error().describe();
  }
  return out;
}

class Reader {
 public:
  SourcesFile read(json::Value root) {
    for (const auto& [name, asset] : {std::pair{"catalogs", CatalogAsset::models},
                                      {"model_catalogs", CatalogAsset::models},
                                      {"mcp_catalogs", CatalogAsset::mcp_servers}}) {
      each(root, name, [&, asset = asset](json::Value one) { return add_source(one, asset); });
    }
    each(root, "labels", [&](json::Value one) { return add_label(one); });
    add_named_queries(root);
    return std::move(out_);
  }

 private:
  void wrong(const Error& error, const std::string& where) {
    if (out_.error.empty()) out_.error = where + ": " + error.describe();
  }

  template <class F>
  void each(json::Value root, const char* name, F&& f) {
    const auto list = root.find(name);
    if (!list || list->kind() == json::Kind::null) return;
    if (list->kind() != json::Kind::array) return wrong(invalid_argument("expected a list"), name);
    (void)list->each_element([&](json::Value one) -> Status {
      if (const Status added = f(one); !added) wrong(added.error(), name);
      return {};
    });
  }

  Status add_source(json::Value value, CatalogAsset asset) {
    SourceConfig config = config_of(value, asset);
    const std::string& id = config.source.id;
    if (id.empty() || id.size() > kMaxId || id.find_first_of(std::string("\0\n\r", 3)) != std::string::npos)
      return invalid_argument("a source has no id of 1 to 100 bytes");
    if (std::ranges::any_of(out_.sources, [&](const SourceConfig& one) { return one.source.id == id; }))
      return invalid_argument("the source " + access::as_shown(id) + " stands twice");
    if (out_.sources.size() == kMaxSources) return invalid_argument("there are more than 200 sources");
    out_.sources.push_back(std::move(config));
    return {};
  }

  Status add_label(json::Value value) {
    if (value.kind() != json::Kind::object) return invalid_argument("a label is an object");
    std::map<std::string, std::string> label;
    SOUK_TRY(value.each_member([&](std::string_view key, json::Value one) -> Status {
      if (one.kind() == json::Kind::null && key == "name") return {};  // of what has no label
      if (one.kind() != json::Kind::string) return invalid_argument(std::string(key) + " is no text");
      label.emplace(key, one.string());
      return {};
    }));
    if (!value.find("name")) return invalid_argument("a label has no name");
    out_.labels.push_back(std::move(label));
    return {};
  }

  void add_named_queries(json::Value root) {
    const auto queries = root.find("namedQueries");
    if (!queries || queries->kind() == json::Kind::null) return;
    if (queries->kind() != json::Kind::object) return wrong(invalid_argument("expected an object"), "namedQueries");
    (void)queries->each_member([&](std::string_view name, json::Value fields) -> Status {
      NamedQuery query;
      if (fields.kind() != json::Kind::object) {
        wrong(invalid_argument("expected an object"), "namedQueries." + std::string(name));
        return {};
      }
      (void)fields.each_member([&](std::string_view field, json::Value condition) -> Status {
        query.emplace(field, condition.raw());
        return {};
      });
      if (const auto filter = filter_of(query); !filter) {
        wrong(filter.error(), "namedQueries." + std::string(name));
      } else {
        out_.named_queries.emplace(name, std::move(query));
      }
      return {};
    });
  }

  SourcesFile out_;
};

// A literal of a filter. Errors: invalid_argument
Result<std::string> literal_of(json::Value value) {
  switch (value.kind()) {
    case json::Kind::string: {
      std::string out = "'";
      for (char c : value.string()) out.append(c == '\'' || c == '\\' ? "\\" : "").append(1, c);
      return out + "'";
    }
    case json::Kind::boolean:
    case json::Kind::integer:
    case json::Kind::unsigned_integer:
    case json::Kind::number:
      return value.raw();
    case json::Kind::array: {
      std::string out;
      SOUK_TRY(value.each_element([&](json::Value one) -> Status {
        if (one.kind() == json::Kind::array) return invalid_argument("a list within a list");
        out += (out.empty() ? "" : ", ") + SOUK_TRY(literal_of(one));
        return {};
      }));
      return "(" + out + ")";
    }
    case json::Kind::null:
    case json::Kind::object:
      break;
  }
  return invalid_argument("a value is text, a number, true, false or a list of them");
}

}  // namespace

Result<std::string> filter_of(const NamedQuery& query) {
  std::string out;
  for (const auto& [field, text] : query) {
    const auto condition = SOUK_TRY(json::read<Condition>(text));
    static constexpr std::string_view kOps[] = {"=", "!=", "<>", ">", "<", ">=", "<=", "LIKE", "ILIKE", "IN"};
    if (std::ranges::find(kOps, condition.operator_) == std::end(kOps))
      return invalid_argument(access::as_shown(condition.operator_) + " is no operator of a filter").at(field);
    const json::Document value = SOUK_TRY(json::Document::parse(condition.value.text));
    std::string name;  // each part in back quotes, but not the dots
    for (char c : field) name.append(c == '`' || c == '\\' ? "\\" : "").append(c == '.' ? "`.`" : std::string(1, c));
    out +=
        (out.empty() ? "`" : " AND `") + name + "` " + condition.operator_ + " " + SOUK_TRY(literal_of(value.root()));
  }
  return out;
}

Result<SourcesFile> read_sources(std::string_view text) {
  const json::Raw raw = SOUK_TRY(yaml::to_json(text));
  const json::Document document = SOUK_TRY(json::Document::parse(raw.text));
  if (document.root().kind() == json::Kind::null) return SourcesFile();
  if (document.root().kind() != json::Kind::object)
    return invalid_argument("expected catalogs, mcp_catalogs, labels and namedQueries");
  return Reader().read(document.root());
}

Result<SourceConfig> read_source_config(std::string_view text) {
  const json::Raw raw = SOUK_TRY(yaml::to_json(text));
  const json::Document document = SOUK_TRY(json::Document::parse(raw.text));
  SourceConfig config = config_of(document.root(), CatalogAsset::models);
  if (config.source.id.empty()) config.source.id = "preview";
  return config;
}

}  // namespace souk::registry
