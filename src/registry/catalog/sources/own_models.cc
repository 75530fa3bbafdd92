// SPDX-License-Identifier: Apache-2.0
#include "access/people/everyone.h"
#include "registry/catalog/entries.h"
#include "registry/catalog/sources/globs.h"
#include "registry/catalog/sources/loaders.h"
#include "store/in_list.h"
#include "store/rows.h"

namespace souk::registry {

namespace {

constexpr std::int64_t kAtOnce = 500;

// A model as a catalogue's file would say it.
std::string written(const ListedModel& model) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  const auto add = [&](const char* field, std::string_view text) {
    if (text.empty()) return;
    writer.key(field);
    writer.value(text);
  };
  add("name", model.namespace_ + "/" + model.slug);
  add("externalId", model.external_id.value_or(""));
  add("description", model.description);
  add("readme", model.readme);
  add("maturity", model.maturity);
  add("provider", model.provider);
  add("logo", model.logo);
  add("license", model.license);
  add("licenseLink", model.license_link);
  add("libraryName", model.library_name);
  add("createTimeSinceEpoch", std::to_string(to_millis(model.create_time)));
  add("lastUpdateTimeSinceEpoch", std::to_string(to_millis(model.update_time)));
  for (const auto& [field, raw] : {std::pair{"language", &model.language},
                                   {"tasks", &model.tasks},
                                   {"customProperties", &model.custom_properties}}) {
    writer.key(field);
    writer.raw(raw->text);
  }
  writer.end_object();
  return out;
}

Result<CatalogModel> model_of(const std::string& source, const ListedModel& model) {
  const json::Document document = SOUK_TRY(json::Document::parse(written(model)));
  CatalogModel out = SOUK_TRY(read_model(source, document.root()));
  out.resource = model.resource();
  return out;
}

MadeArtifact artifact_of(const std::string& model, const ModelVersion& version) {
  MadeArtifact out{version.name, version.external_id.value_or(""), version.description, {}, {}, {}, {}, {}, {}};
  out.create_time = version.create_time;
  out.update_time = version.update_time;
  out.properties = version.custom_properties;
  if (version.sealed_digest) {
    out.held = model + "@" + version.sealed_digest->string();
  } else {
    out.uri = version.uri.value_or("");
  }
  return out;
}

// The versions of many models, by one statement.
Result<std::vector<ModelVersion>> live_versions(store::Store& store, const std::vector<ModelId>& models) {
  const store::InList ids(models);
  const std::string sql = "SELECT " + store::columns<ModelVersion>("v") +
                          " FROM model_versions v WHERE v.state = 'LIVE' AND (v.sealed_digest IS NOT NULL OR v.uri IS "
                          "NOT NULL) AND v.model_id IN " +
                          ids.text() + " ORDER BY v.model_id, v.number DESC";
  return store.read([&](store::Tx& tx) -> Result<std::vector<ModelVersion>> {
    return store::rows_as<ModelVersion>(SOUK_TRY(tx.run(sql, ids.values())));
  });
}

class OwnModels {
 public:
  OwnModels(const SourceConfig& config, store::Store& store, Registry& registry, const CatalogSettings& settings)
      : config_(config), store_(store), registry_(registry), most_(static_cast<std::size_t>(settings.max_models)) {}

  Status read(const access::Call& call) {
    ListQuery query{.filter = "state = 'LIVE'", .order_by = {}, .page_size = kAtOnce, .page_token = {}};
    do {
      const Page<ListedModel> page = SOUK_TRY(registry_.list_models(call, "", query, true));
      SOUK_TRY(add(page.items));
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty() && out_.models.size() < most_);
    if (!query.page_token.empty())
      return resource_exhausted("there are more models than catalog.max_models; the rest is left out");
    return {};
  }

  LoadedSource take() { return std::move(out_); }
  void fail(const Error& why) { out_.fail(why); }

 private:
  Status add(const std::vector<ListedModel>& models) {
    std::vector<ModelId> ids;
    for (const ListedModel& model : models) ids.push_back(model.id);
    if (ids.empty()) return {};
    std::map<std::int64_t, std::vector<ModelVersion>> versions;
    for (ModelVersion& version : SOUK_TRY(live_versions(store_, ids)))
      versions[version.model_id.value].push_back(std::move(version));
    for (const ListedModel& model : models) {
      if (const Status added = add(model, versions[model.id.value]); !added) out_.fail(added.error());
    }
    return {};
  }

  Status add(const ListedModel& listed, const std::vector<ModelVersion>& versions) {
    CatalogModel model = SOUK_TRY(model_of(config_.source.id, listed));
    if (!takes(model.name, config_.source.included, config_.source.excluded)) {
      out_.left_out.push_back(model.name);
      return {};
    }
    for (const ModelVersion& version : versions)
      add_artifact(model, make_artifact(model, std::to_string(version.number), artifact_of(model.name, version)));
    seal(model);
    out_.models.push_back(std::make_shared<const CatalogModel>(std::move(model)));
    return {};
  }

  const SourceConfig& config_;
  store::Store& store_;
  Registry& registry_;
  const std::size_t most_;
  LoadedSource out_;
};

}  // namespace

LoadedSource load_own_models(const SourceConfig& config, store::Store& store, Registry& registry,
                             access::Access& access, const CatalogSettings& settings) {
  OwnModels models(config, store, registry, settings);
  access::Call call;
  if (auto everyone = access::everyone(access)) {
    call.principal = std::move(*everyone);
    if (const Status read = models.read(call); !read) models.fail(read.error());
  } else {
    models.fail(everyone.error());
  }
  return models.take();
}

}  // namespace souk::registry
