// SPDX-License-Identifier: Apache-2.0
//
// What lists show of a model beside its own row, for many models at a time.
#include <unordered_map>

#include "registry/state.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

struct Count {
  ModelId model_id;
  std::int64_t versions = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (model_id, versions))

Result<std::vector<ModelSummary>> read_summaries(store::Tx& tx, const std::vector<ModelId>& models) {
  const store::InList list(models);
  const std::string in = " IN " + list.text() + " ";
  std::vector<ModelSummary> summaries(models.size());
  std::unordered_map<ModelId, ModelSummary*> by_id;
  for (std::size_t i = 0; i < models.size(); ++i) by_id[models[i]] = &summaries[i];
  const std::string counts = "SELECT model_id, count(*) FROM model_versions WHERE model_id" + in + "GROUP BY model_id";
  for (const Count& count : SOUK_TRY(store::rows_as<Count>(SOUK_TRY(tx.run(counts, list.values())))))
    by_id[count.model_id]->version_count = count.versions;
  const std::string latest = "SELECT " + store::columns<ModelVersion>("v") + " FROM model_versions v WHERE v.model_id" +
                             in + "AND v.number = (SELECT max(number) FROM model_versions WHERE model_id = v.model_id)";
  for (ModelVersion& version : SOUK_TRY(store::rows_as<ModelVersion>(SOUK_TRY(tx.run(latest, list.values())))))
    by_id[version.model_id]->latest = std::move(version);
  const std::string aliases =
      "SELECT a.model_id, a.name, a.version_id, v.number, v.sealed_digest, a.actor, a.update_time "
      "FROM aliases a JOIN model_versions v ON v.id = a.version_id WHERE a.model_id" +
      in + "ORDER BY a.model_id, a.name";
  for (Alias& alias : SOUK_TRY(store::rows_as<Alias>(SOUK_TRY(tx.run(aliases, list.values())))))
    by_id[alias.model_id]->aliases.push_back(std::move(alias));
  return summaries;
}

}  // namespace

Result<std::vector<ModelSummary>> Registry::summarize(const std::vector<ModelId>& models) {
  if (models.empty()) return std::vector<ModelSummary>();
  return state_->store.read([&](store::Tx& tx) { return read_summaries(tx, models); });
}

Result<ModelSummary> Registry::summarize(ModelId model) {
  const auto found = SOUK_TRY(state_->summaries.get(model, [&](store::Tx& tx) -> Result<std::optional<ModelSummary>> {
    return std::move(SOUK_TRY(read_summaries(tx, {model})).front());
  }));
  return *found;
}

}  // namespace souk::registry
