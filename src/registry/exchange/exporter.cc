// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/exporter.h"

#include "base/digest.h"
#include "registry/metrics/series.h"
#include "registry/records/kinds.h"
#include "registry/records/rows.h"
#include "registry/state.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

constexpr std::int64_t kPage = 200;

struct NameRow {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(NameRow, (), (name))
struct KeyRow {
  std::int64_t id = 0;
  std::string slug;
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, slug, number))
struct NumberRow {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(NumberRow, (), (number))
struct DigestRow {
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(DigestRow, (), (digest))
struct ManifestRow {
  std::string media_type;
  store::Blob bytes;
};
BOOST_DESCRIBE_STRUCT(ManifestRow, (), (media_type, bytes))
struct TagRow {
  std::string name;
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(TagRow, (), (name, digest))
struct AliasRow {
  std::string name;
  std::optional<std::int64_t> number;
  std::string actor;
  Time time;
};
BOOST_DESCRIBE_STRUCT(AliasRow, (), (name, number, actor, time))
struct SeriesRow {
  std::int64_t id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(SeriesRow, (), (id, name))

template <class T>
std::string select(const std::string& where) {
  return "SELECT " + store::columns<T>() + " FROM " + std::string(Kind<T>::table) + " WHERE " + where;
}

}  // namespace

Result<std::vector<std::string>> Exporter::names(const char* sql, const std::string& after) {
  std::vector<std::string> out;
  for (NameRow& row :
       SOUK_TRY(store_.read([&](store::Tx& tx) { return tx.all<NameRow>(sql, namespace_id_, after, kPage); })))
    out.push_back(std::move(row.name));
  return out;
}

Status Exporter::all(const TakePart& take) {
  using Write = Result<bool> (Exporter::*)(const std::string&, const TakePart&);
  const auto each = [&](const char* sql, Write write) -> Status {
    for (std::string after;;) {
      const auto page = SOUK_TRY(names(sql, after));
      if (page.empty()) return {};
      after = page.back();
      for (const std::string& name : page) SOUK_TRY((this->*write)(name, take));
    }
  };
  SOUK_TRY(each("SELECT slug FROM registered_models WHERE namespace_id = $1 AND slug > $2 ORDER BY slug LIMIT $3",
                &Exporter::model));
  SOUK_TRY(each("SELECT slug FROM experiments WHERE namespace_id = $1 AND slug > $2 ORDER BY slug LIMIT $3",
                &Exporter::experiment));
  SOUK_TRY(each("SELECT name FROM environments WHERE namespace_id = $1 AND name > $2 ORDER BY name LIMIT $3",
                &Exporter::environment));
  SOUK_TRY(free_artifacts(take));
  return lineage(take);
}

Result<bool> Exporter::one(const Line& first, const TakePart& take) {
  const std::string key = first.key.value_or("");
  const std::string name = key.substr(std::min(key.find(':') + 1, key.size()));
  switch (first.type) {
    case LineType::MODEL:
      return model(name, take);
    case LineType::EXPERIMENT:
      return experiment(name, take);
    case LineType::ENVIRONMENT:
      return environment(name, take);
    case LineType::ARTIFACT:
      return free_artifacts(take);
    default:
      return invalid_argument("no unit begins with " + std::string(json::enum_name(first.type)));
  }
}

Status Exporter::blobs(const std::function<Status(const Digest&)>& f) {
  for (std::string after;;) {
    const auto page = SOUK_TRY(store_.read([&](store::Tx& tx) {
      return tx.all<DigestRow>(
          "SELECT DISTINCT digest FROM manifest_parts WHERE namespace_id = $1 AND kind = 'BLOB' AND digest > $2 AND "
          "model IN (SELECT slug FROM registered_models WHERE namespace_id = $1) ORDER BY digest LIMIT $3",
          namespace_id_, after, kPage);
    }));
    if (page.empty()) return {};
    after = page.back().digest.string();
    for (const DigestRow& row : page) SOUK_TRY(f(row.digest));
  }
}

// --- models ---------------------------------------------------------------------------------------------

Result<bool> Exporter::model(const std::string& slug, const TakePart& take) {
  return store_.read([&](store::Tx& tx) -> Result<bool> {
    const auto model = SOUK_TRY(find_model(tx, namespace_id_, slug));
    if (!model) return false;
    Parts to("models/" + slug, take);
    Line line{.type = LineType::MODEL, .key = key_of_model(slug), .row = row_text(*model)};
    line.number =
        SOUK_TRY(tx.scalar<std::int64_t>("SELECT last_number FROM registered_models WHERE id = $1", model->id));
    SOUK_TRY(to.add(line));
    SOUK_TRY(versions(tx, *model, to));
    for (const NumberRow& row : SOUK_TRY(
             tx.all<NumberRow>("SELECT number FROM spent_numbers WHERE model_id = $1 ORDER BY number", model->id))) {
      Line spent{.type = LineType::SPENT_NUMBER};
      spent.number = row.number;
      SOUK_TRY(to.add(spent));
    }
    SOUK_TRY(bytes(tx, slug, to));
    SOUK_TRY(aliases(tx, *model, to));
    // After the bytes, so that all that a version is made of comes before what hangs on it.
    for (std::int64_t after = 0;;) {
      const auto page = SOUK_TRY(tx.all<KeyRow>(
          "SELECT id, '', number FROM model_versions WHERE model_id = $1 AND number > $2 ORDER BY number LIMIT $3",
          model->id, after, kPage));
      if (page.empty()) break;
      after = page.back().number;
      for (const KeyRow& version : page) {
        const std::string key = key_of_version(slug, version.number);
        SOUK_TRY(artifacts(tx, "version_id = $1 AND run_id IS NULL", version.id, "artifact:" + key,
                           {{"version_id", key}}, to));
      }
    }
    SOUK_TRY(to.finish());
    return true;
  });
}

Status Exporter::versions(store::Tx& tx, const RegisteredModel& model, Parts& to) {
  static const std::string sql = "SELECT " + store::columns<ModelVersion>() +
                                 " FROM model_versions WHERE model_id = $1 AND number > $2 ORDER BY number LIMIT $3";
  for (std::int64_t after = 0;;) {
    auto page = SOUK_TRY(tx.all<ModelVersion>(sql, model.id, after, kPage));
    if (page.empty()) return {};
    after = page.back().number;
    for (ModelVersion& version : page) {
      // What follows from the bytes is found out by whoever imports them.
      version.format.clear();
      version.runtime.clear();
      version.missing.clear();
      version.signature.reset();
      version.declaration.reset();
      if (version.sealed_digest) version.size_bytes = 0;
      SOUK_TRY(to.add({.type = LineType::VERSION,
                       .key = key_of_version(model.slug, version.number),
                       .row = row_text(std::move(version))}));
    }
  }
}

Status Exporter::bytes(store::Tx& tx, const std::string& slug, Parts& to) {
  // Manifests before the indexes that name them.
  const auto digests = SOUK_TRY(tx.all<DigestRow>(
      "SELECT f.digest FROM manifests f WHERE f.namespace_id = $1 AND f.model = $2 ORDER BY "
      "CASE WHEN EXISTS (SELECT 1 FROM manifest_parts p WHERE p.namespace_id = $1 AND p.model = $2 AND "
      "p.manifest = f.digest AND p.kind = 'MANIFEST') THEN 1 ELSE 0 END, f.digest",
      namespace_id_, slug));
  for (const DigestRow& one : digests) {
    const auto row = SOUK_TRY(tx.first<ManifestRow>(
        "SELECT media_type, bytes FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3", namespace_id_,
        slug, one.digest));
    if (!row) continue;
    Line line{.type = LineType::MANIFEST};
    line.digest = one.digest;
    line.media_type = row->media_type;
    line.bytes = to_base64(row->bytes.bytes);
    SOUK_TRY(to.add(line));
  }
  for (TagRow& row :
       SOUK_TRY(tx.all<TagRow>("SELECT name, digest FROM tags WHERE namespace_id = $1 AND model = $2 ORDER BY name",
                               namespace_id_, slug))) {
    Line line{.type = LineType::TAG};
    line.name = std::move(row.name);
    line.digest = row.digest;
    SOUK_TRY(to.add(line));
  }
  return {};
}

Status Exporter::aliases(store::Tx& tx, const RegisteredModel& model, Parts& to) {
  const auto add = [&](LineType type, AliasRow& row) {
    Line line{.type = type};
    line.name = std::move(row.name);
    line.actor = std::move(row.actor);
    line.number = row.number;
    line.time = row.time;
    return to.add(line);
  };
  for (AliasRow& row : SOUK_TRY(tx.all<AliasRow>("SELECT a.name, v.number, a.actor, a.update_time FROM aliases a JOIN "
                                                 "model_versions v ON v.id = a.version_id "
                                                 "WHERE a.model_id = $1 ORDER BY a.name",
                                                 model.id)))
    SOUK_TRY(add(LineType::ALIAS, row));
  for (AliasRow& row : SOUK_TRY(tx.all<AliasRow>(
           "SELECT name, version, actor, time FROM alias_changes WHERE model_id = $1 ORDER BY id", model.id)))
    SOUK_TRY(add(LineType::ALIAS_CHANGE, row));
  return {};
}

Result<Exporter::Keys> Exporter::version_keys(store::Tx& tx, const std::vector<std::int64_t>& ids) {
  Keys out;
  if (ids.empty()) return out;
  const store::InList in(ids);
  const std::string sql =
      "SELECT v.id, m.slug, v.number FROM model_versions v JOIN registered_models m ON m.id = "
      "v.model_id WHERE m.namespace_id = " +
      std::to_string(namespace_id_.value) + " AND v.id IN " + in.text();
  for (const KeyRow& row : SOUK_TRY(store::rows_as<KeyRow>(SOUK_TRY(tx.run(sql, in.values())))))
    out[row.id] = key_of_version(row.slug, row.number);
  return out;
}

Status Exporter::artifacts(store::Tx& tx, const std::string& where, std::int64_t owner, const std::string& key,
                           std::map<std::string, std::string> refs, Parts& to) {
  static const std::string columns = "SELECT " + store::columns<Artifact>() + " FROM artifacts WHERE ";
  const std::string sql = columns + where + " AND id > $2 ORDER BY id LIMIT $3";
  const std::string own = namespace_ + "/";
  std::int64_t ordinal = 0;
  for (ArtifactId after(0);;) {
    auto page = SOUK_TRY(tx.all<Artifact>(sql, owner, after, kPage));
    if (page.empty()) return {};
    after = page.back().id;
    std::vector<std::int64_t> ids;
    for (const Artifact& one : page) {
      if (one.version_id) ids.push_back(one.version_id->value);
    }
    const Keys versions = SOUK_TRY(version_keys(tx, ids));
    for (Artifact& one : page) {
      Line line{.type = LineType::ARTIFACT, .key = key + "/" + std::to_string(ordinal++), .refs = refs};
      if (const auto version = one.version_id ? versions.find(one.version_id->value) : versions.end();
          version != versions.end())
        (*line.refs)["version_id"] = version->second;
      if (one.held && one.held->starts_with(own)) one.held = "./" + one.held->substr(own.size());
      if (one.kind != ArtifactKind::METRIC && one.kind != ArtifactKind::PARAMETER) artifacts_[one.id.value] = *line.key;
      line.row = row_text(std::move(one));
      SOUK_TRY(to.add(line));
    }
  }
}

Result<bool> Exporter::free_artifacts(const TakePart& take) {
  bool any = false;
  Parts to("artifacts", [&](const std::string& path, std::string text) {
    any = true;
    return take(path, std::move(text));
  });
  SOUK_TRY(store_.read([&](store::Tx& tx) {
    return artifacts(tx, "namespace_id = $1 AND version_id IS NULL AND run_id IS NULL", namespace_id_.value,
                     "artifact:free", {}, to);
  }));
  SOUK_TRY(to.finish());
  return any;
}

// --- experiments ----------------------------------------------------------------------------------------

Result<bool> Exporter::experiment(const std::string& slug, const TakePart& take) {
  static const std::string sql = select<Experiment>("namespace_id = $1 AND slug = $2");
  static const std::string runs = select<ExperimentRun>("experiment_id = $1 AND id > $2 ORDER BY id LIMIT 1");
  const auto found =
      SOUK_TRY(store_.read([&](store::Tx& tx) { return tx.first<Experiment>(sql, namespace_id_, slug); }));
  if (!found) return false;
  Parts to("experiments/" + slug, take);
  SOUK_TRY(to.add({.type = LineType::EXPERIMENT, .key = key_of_experiment(slug), .row = row_text(*found)}));
  Keys here;
  RunId after(0);
  for (std::int64_t ordinal = 0; after.value >= 0; ++ordinal) {
    SOUK_TRY(store_.read([&](store::Tx& tx) -> Status {
      const auto one = SOUK_TRY(tx.first<ExperimentRun>(runs, found->id, after));
      after = one ? one->id : RunId(-1);
      if (!one) return {};
      const std::string key = key_of_run(slug, ordinal);
      SOUK_TRY(run(tx, *one, key, slug, here, to));
      here[one->id.value] = runs_[one->id.value] = key;
      return {};
    }));
  }
  SOUK_TRY(to.finish());
  return true;
}

Status Exporter::run(store::Tx& tx, const ExperimentRun& run, const std::string& key, const std::string& experiment,
                     const Keys& runs, Parts& to) {
  Line line{.type = LineType::RUN, .key = key};
  line.refs.emplace()["experiment_id"] = key_of_experiment(experiment);
  if (const auto parent = run.parent_run_id ? runs.find(run.parent_run_id->value) : runs.end(); parent != runs.end())
    (*line.refs)["parent_run_id"] = parent->second;
  line.row = row_text(run);
  SOUK_TRY(to.add(line));
  SOUK_TRY(artifacts(tx, "run_id = $1", run.id.value, "artifact:" + key,
                     {{"experiment_id", key_of_experiment(experiment)}, {"run_id", key}}, to));
  return metrics(tx, run.id, key, to);
}

Status Exporter::metrics(store::Tx& tx, RunId run, const std::string& key, Parts& to) {
  constexpr std::int64_t kChunks = 20;
  for (const SeriesRow& series :
       SOUK_TRY(tx.all<SeriesRow>("SELECT id, name FROM metric_series WHERE run_id = $1 ORDER BY name", run))) {
    Line line{.type = LineType::POINTS, .key = key};
    line.name = series.name;
    line.points.emplace();
    const auto flush = [&]() -> Status {
      if (line.points->empty()) return {};
      SOUK_TRY(to.add(line));
      line.points->clear();
      return {};
    };
    for (std::int64_t after = -1;;) {
      const auto chunks = SOUK_TRY(
          tx.all<ChunkRow>("SELECT first, points, level, data FROM metric_chunks WHERE series_id = $1 AND first > $2 "
                           "ORDER BY first LIMIT $3",
                           series.id, after, kChunks));
      if (chunks.empty()) break;
      after = chunks.back().first;
      for (const ChunkRow& chunk : chunks) {
        for (const MetricPoint& point : SOUK_TRY(unpack(chunk.data.bytes, static_cast<std::size_t>(chunk.points)))) {
          line.points->push_back(point_text(point));
          if (line.points->size() == kPointsOfLine) SOUK_TRY(flush());
        }
      }
    }
    SOUK_TRY(flush());
  }
  return {};
}

}  // namespace souk::registry
