// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "access/access.h"
#include "net/client/client.h"
#include "net/message.h"
#include "registry/catalog/entries.h"
#include "registry/catalog/sources/globs.h"
#include "registry/catalog/sources/loaders.h"
#include "registry/imports/download.h"

namespace souk::registry {

namespace {

constexpr const char* kHub = "https://huggingface.co";
constexpr std::int64_t kUsualLimit = 500;
constexpr std::int64_t kMostAtOnce = 1000;
constexpr std::uint64_t kMostBytes = 64 << 20;
constexpr int kMostPages = 100;

struct Card {
  std::optional<json::Raw> license, language;
};
BOOST_DESCRIBE_STRUCT(Card, (), (license, language))

// A model as the hub tells of it.
struct Told {
  std::optional<std::string> id, modelId, author, pipeline_tag, library_name, lastModified, createdAt;
  std::optional<bool> private_;
  std::optional<json::Raw> gated;
  std::optional<std::int64_t> downloads, likes;
  std::optional<std::vector<std::string>> tags;
  std::optional<Card> cardData;
};
BOOST_DESCRIBE_STRUCT(Told, (),
                      (id, modelId, author, pipeline_tag, library_name, lastModified, createdAt, private_, gated,
                       downloads, likes, tags, cardData))

std::string encoded_path(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t slash = std::min(name.find('/', at), name.size());
    out += (at == 0 ? "" : "/") + net::encode_path_segment(name.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

// A text, or the texts of a list.
std::vector<std::string> texts_of(const std::optional<json::Raw>& raw) {
  if (!raw) return {};
  if (auto one = json::read<std::string>(raw->text)) return {*std::move(one)};
  auto all = json::read<std::vector<std::string>>(raw->text);
  return all ? *std::move(all) : std::vector<std::string>();
}

std::string license_of(const Told& told) {
  if (told.cardData)
    if (const auto texts = texts_of(told.cardData->license); !texts.empty()) return texts.front();
  for (const std::string& tag : told.tags.value_or(std::vector<std::string>()))
    if (tag.starts_with("license:")) return tag.substr(8);
  return "";
}

void add_time(json::Writer& out, const char* field, const std::optional<std::string>& text) {
  const auto time = text ? parse_rfc3339(*text) : Result<Time>(invalid_argument(""));
  if (!time) return;
  out.key(field);
  out.value(std::to_string(to_millis(*time)));
}

// The model as a catalogue's file would say it.
std::string written(const Told& told, const std::string& name) {
  std::string text;
  json::Writer out(text);
  const auto add = [&](const char* field, const std::string& value) {
    if (value.empty()) return;
    out.key(field);
    out.value(value);
  };
  const auto list = [&](const char* field, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out.key(field);
    json::write(out, values);
  };
  out.begin_object();
  add("name", name);
  add("provider", told.author.value_or(name.find('/') == std::string::npos ? "" : name.substr(0, name.find('/'))));
  add("libraryName", told.library_name.value_or(""));
  add("license", license_of(told));
  if (told.pipeline_tag) list("tasks", {*told.pipeline_tag});
  if (told.cardData) list("language", texts_of(told.cardData->language));
  add_time(out, "createTimeSinceEpoch", told.createdAt);
  add_time(out, "lastUpdateTimeSinceEpoch", told.lastModified);
  out.key("customProperties");
  out.begin_object();
  for (const auto& [field, count] : {std::pair{"downloads", told.downloads}, std::pair{"likes", told.likes}}) {
    if (!count) continue;
    out.key(field);
    out.value(*count);
  }
  // false, or the kind of gate.
  if (told.gated && told.gated->text != "null") {
    out.key("gated");
    out.value(told.gated->text != "false");
  }
  out.end_object();
  out.end_object();
  return text;
}

class Hub {
 public:
  Hub(const SourceConfig& config, const HubReach& reach, const CatalogSettings& settings)
      : config_(config),
        properties_(config.properties),
        reach_(reach),
        limit_(std::min(properties_.modelLimit.value_or(properties_.maxModels.value_or(kUsualLimit)),
                        settings.max_models)),
        client_({.timeout = std::chrono::seconds(30),
                 .stall_timeout = std::chrono::seconds(5),
                 .ca_file = reach.ca_file,
                 .max_body = kMostBytes,
                 .guard = &reach.guard}) {}

  LoadedSource read() {
    if (const Status begun = begin(); !begun) {
      out_.fail(begun.error());
      return std::move(out_);
    }
    if (config_.source.included.empty()) tell(list(properties_.allowedOrganization.value_or("")));
    for (const std::string& pattern : config_.source.included) tell(read_pattern(pattern));
    return std::move(out_);
  }

 private:
  Status begin() {
    base_ = properties_.url.value_or(kHub);
    while (base_.ends_with('/')) base_.pop_back();
    SOUK_TRY(check_import_url(base_));
    if (properties_.apiKey) {
      key_ = *properties_.apiKey;
    } else if (reach_.may_read_environment) {
      const std::string name = properties_.apiKeyEnvVar.value_or("HF_API_KEY");
      if (name.starts_with("SOUK_")) return invalid_argument("apiKeyEnvVar names a setting of this server");
      const char* value = std::getenv(name.c_str());
      key_ = value != nullptr ? value : "";
    } else if (properties_.apiKeyEnvVar) {
      return invalid_argument("apiKeyEnvVar is read for configured sources only; give apiKey here");
    }
    if (std::ranges::any_of(key_, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }))
      return invalid_argument("the API key holds characters that no header may have");
    return {};
  }

  void tell(const Status& status) {
    if (!status) out_.fail(status.error());
  }
  bool full() const { return static_cast<std::int64_t>(out_.models.size()) >= limit_; }

  Status read_pattern(const std::string& pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string::npos) return one(pattern);
    const std::size_t slash = pattern.find('/');
    const bool of_one = slash != std::string::npos && slash < star;
    return list(of_one ? pattern.substr(0, slash) : properties_.allowedOrganization.value_or(""));
  }

  bool allowed(std::string_view name) const {
    if (!properties_.allowedOrganization) return true;
    return matches_glob(name, *properties_.allowedOrganization + "/*");
  }

  Status one(const std::string& name) {
    if (!allowed(name)) return permission_denied(access::as_shown(name) + " is not of the allowed organization");
    const json::Document document = SOUK_TRY(get(base_ + "/api/models/" + encoded_path(name))).second;
    return add(document.root());
  }

  Status list(const std::string& author) {
    std::string url = base_ + "/api/models?full=true&limit=" + std::to_string(std::min(limit_, kMostAtOnce));
    if (!author.empty()) url += "&author=" + net::encode_query_value(author);
    for (int pages = 0; !url.empty() && !full() && pages < kMostPages; ++pages) {
      auto [next, document] = SOUK_TRY(get(url));
      if (document.root().kind() != json::Kind::array) return failed_precondition("the hub's list is no list");
      SOUK_TRY(document.root().each_element([&](json::Value value) -> Status {
        if (!full()) tell(add(value));
        return {};
      }));
      url = std::move(next);
    }
    return {};
  }

  // The answer, and the address of the page after it.
  Result<std::pair<std::string, json::Document>> get(const std::string& url) {
    if (reach_.stop.stop_requested()) return cancelled("the server stops");
    net::ClientRequest request;
    request.url = url;
    request.headers.push_back({"Accept", "application/json"});
    if (!key_.empty()) request.headers.push_back({"Authorization", "Bearer " + key_});
    const net::ClientResponse response = SOUK_TRY(client_.send(request));
    if (response.status != 200) return unavailable("the hub answers " + std::to_string(response.status));
    auto document = json::Document::parse(response.body);
    if (!document) return failed_precondition("the hub's answer is no JSON").because(document.error());
    return std::pair(next_of(response.header("Link")), std::move(*document));
  }

  // <https://…>; rel="next" (RFC 8288). The key goes nowhere else: only to the same hub.
  std::string next_of(std::string_view link) const {
    const std::size_t begin = link.find('<'), end = link.find('>');
    if (begin != 0 || end == std::string_view::npos || link.find("rel=\"next\"") == std::string_view::npos) return "";
    const std::string_view url = link.substr(1, end - 1);
    return url.starts_with(base_ + "/") ? std::string(url) : "";
  }

  Status add(json::Value value) {
    Told told;
    SOUK_TRY(json::read(value, told, json::UnknownFields::ignore, ""));
    const std::string name = told.id.value_or(told.modelId.value_or(""));
    if (told.private_.value_or(false) || !allowed(name)) return {};
    if (!names_.insert(name).second) return {};
    if (!takes(name, config_.source.included, config_.source.excluded)) {
      out_.left_out.push_back(name);
      return {};
    }
    const json::Document document = SOUK_TRY(json::Document::parse(written(told, name)));
    CatalogModel model = SOUK_TRY(read_model(config_.source.id, document.root()));
    MadeArtifact made{name, {}, {}, "hf://" + name, {}, {}, {}, {}, {}};
    add_artifact(model, make_artifact(model, "hub", made));
    seal(model);
    out_.models.push_back(std::make_shared<const CatalogModel>(std::move(model)));
    return {};
  }

  const SourceConfig& config_;
  const SourceProperties& properties_;
  const HubReach& reach_;
  const std::int64_t limit_;
  net::Client client_;
  std::string base_, key_;
  LoadedSource out_;
  std::unordered_set<std::string> names_;
};

}  // namespace

LoadedSource load_hub(const SourceConfig& config, const HubReach& reach, const CatalogSettings& settings) {
  return Hub(config, reach, settings).read();
}

}  // namespace souk::registry
