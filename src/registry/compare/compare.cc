// SPDX-License-Identifier: Apache-2.0
#include "registry/compare/compare.h"

#include <bit>
#include <charconv>

#include "registry/compare/facts.h"
#include "registry/records/records.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

constexpr std::size_t kFewest = 2, kMost = 20;
constexpr std::uint64_t kMostDependencies = 256 << 10;
constexpr std::int64_t kMostValues = 100'000;  // parameters and metrics of all
constexpr std::string_view kRun = "run:";

struct VersionRow {
  std::int64_t place = 0;
  VersionId id;
  ModelId model_id;
  std::int64_t number = 0;
  std::string name, description, author, format, runtime;
  State state = State::LIVE;
  std::optional<Digest> sealed_digest;
  std::int64_t size_bytes = 0;
  std::optional<json::Raw> signature;
  json::Raw custom_properties;
  Time create_time;
  json::Raw model_tags, model_properties;
};
BOOST_DESCRIBE_STRUCT(VersionRow, (),
                      (place, id, model_id, number, name, description, author, format, runtime, state, sealed_digest,
                       size_bytes, signature, custom_properties, create_time, model_tags, model_properties))

struct RunRow {
  RunId id;
  NamespaceId namespace_id;
  std::string name, owner, description;
  RunStatus status = RunStatus::RUNNING;
  std::optional<Time> start_time, end_time;
  json::Raw tags, custom_properties;
  Time create_time;
  std::string experiment;
  json::Raw experiment_tags, experiment_properties;
};
BOOST_DESCRIBE_STRUCT(RunRow, (),
                      (id, namespace_id, name, owner, description, status, start_time, end_time, tags,
                       custom_properties, create_time, experiment, experiment_tags, experiment_properties))

struct ValueRow {
  std::int64_t owner = 0;
  ArtifactKind kind = ArtifactKind::METRIC;
  std::string name;
  std::optional<double> value;
  std::optional<std::string> text_value;
};
BOOST_DESCRIBE_STRUCT(ValueRow, (), (owner, kind, name, value, text_value))

struct ManifestRow {
  std::int64_t place = 0;
  std::string media_type;
  store::Blob bytes;
};
BOOST_DESCRIBE_STRUCT(ManifestRow, (), (place, media_type, bytes))

// One of the compared while it is put together.
struct Subject {
  Compared shown;
  std::optional<Reference> reference;  // of a version
  NamespaceId namespace_id;
  Facts facts;
  std::vector<artifacts::File> files;
};

// A select for each row of parameters in one statement; `$` in the text is followed by the place of a row's parameter.
// As many as the next power of two, so that few statements are prepared.
class Arms {
 public:
  explicit Arms(std::string one) : one_(std::move(one)) {}
  void add(std::vector<store::Value> row) { rows_.push_back(std::move(row)); }

  template <class T>
  Result<std::vector<T>> run(store::Tx& tx) {
    if (rows_.empty()) return std::vector<T>();
    const std::size_t real = rows_.size();
    rows_.resize(std::bit_ceil(real), rows_.back());
    std::string sql;
    std::vector<store::Value> parameters;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i >= real) rows_[i][0] = std::int64_t{-1};
      if (i > 0) sql += " UNION ALL ";
      for (std::size_t at = 0; at < one_.size(); ++at) {
        sql += one_[at];
        if (one_[at] != '$') continue;
        sql += std::to_string(parameters.size() + static_cast<std::size_t>(one_[++at] - '0'));
      }
      parameters.insert(parameters.end(), rows_[i].begin(), rows_[i].end());
    }
    auto out = SOUK_TRY(store::rows_as<T>(SOUK_TRY(tx.run(sql, parameters))));
    std::erase_if(out, [](const T& row) { return row.place < 0; });
    return out;
  }

 private:
  std::string one_;
  std::vector<std::vector<store::Value>> rows_;
};

struct ModelRight {
  ModelId id;
  NamespaceId namespace_id;
  std::string label;
  access::ResourceRef resource() const { return {access::ObjectKind::MODEL, id.value, namespace_id, label}; }
};
struct NamespaceRight {
  NamespaceId id;
  std::string label;
  access::ResourceRef resource() const { return {access::ObjectKind::NAMESPACE, id.value, id, label}; }
};

std::string at(std::size_t i) {
  return "of[" + std::to_string(i) + "]";
}

Error missing(const Subject& subject, std::size_t i) {
  return not_found(access::as_shown(subject.shown.of) + " does not exist").at(at(i));
}

// How a reference says which version: alias, digest, number, name or latest.
std::pair<std::string, std::string> wanted_of(const Reference& reference) {
  if (reference.digest) return {"digest", reference.digest->string()};
  if (!reference.alias.empty()) return {"alias", reference.alias};
  if (reference.version.empty() || reference.version == "latest") return {"latest", ""};
  return {"name", reference.version};
}

class Reading {
 public:
  Reading(const access::Call& call, access::Access& access, std::vector<Subject>& subjects)
      : call_(call), access_(access), subjects_(subjects) {}

  Status read(store::Tx& tx) {
    best.clear();
    for (Subject& subject : subjects_) subject.facts.clear();
    SOUK_TRY(read_versions(tx));
    SOUK_TRY(read_runs(tx));
    SOUK_TRY(read_values(tx, "version_id", ComparedKind::VERSION));
    SOUK_TRY(read_values(tx, "run_id", ComparedKind::RUN));
    return read_files(tx);
  }

  std::map<std::string, std::string> best;  // metric → max, min; of contradictions the first counts

 private:
  Status read_versions(store::Tx& tx) {
    // An all-digit name equals the number, so the name finds it.
    Arms arms(
        "SELECT CAST($1 AS BIGINT) AS place, v.id, v.model_id, v.number, v.name, v.description, v.author, v.format, "
        "v.runtime, v.state, v.sealed_digest, v.size_bytes, v.signature, v.custom_properties, v.create_time, m.tags, "
        "m.custom_properties FROM registered_models m JOIN model_versions v ON v.model_id = m.id "
        "WHERE m.namespace_id = $2 AND m.slug = $3 AND v.id = CASE $4 "
        "WHEN 'alias' THEN (SELECT a.version_id FROM aliases a WHERE a.model_id = m.id AND a.name = $5) "
        "WHEN 'digest' THEN (SELECT d.id FROM model_versions d WHERE d.model_id = m.id AND d.sealed_digest = $5 "
        "ORDER BY d.number DESC LIMIT 1) "
        "WHEN 'name' THEN (SELECT n.id FROM model_versions n WHERE n.model_id = m.id AND n.name = $5) "
        "ELSE (SELECT l.id FROM model_versions l WHERE l.model_id = m.id ORDER BY l.number DESC LIMIT 1) END");
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      const Subject& subject = subjects_[i];
      if (!subject.reference) continue;
      const auto [how, text] = wanted_of(*subject.reference);
      arms.add({static_cast<std::int64_t>(i), subject.namespace_id.value, subject.reference->model, how, text});
    }
    std::vector<bool> found(subjects_.size());
    for (const VersionRow& row : SOUK_TRY(arms.run<VersionRow>(tx))) {
      const auto i = static_cast<std::size_t>(row.place);
      Subject& subject = subjects_[i];
      const std::string label = "model " + subject.shown.namespace_ + "/" + *subject.shown.model;
      if (!access_.authorize(call_, access::Role::READER, ModelRight{row.model_id, subject.namespace_id, label}))
        return missing(subject, i);
      found[i] = true;
      SOUK_TRY(take(subject, row));
    }
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      if (subjects_[i].reference && !found[i]) return missing(subjects_[i], i);
    }
    return {};
  }

  Status take(Subject& subject, const VersionRow& row) {
    subject.shown.id = row.id.value;
    subject.shown.version = row.number;
    subject.shown.digest = row.sealed_digest;
    subject.shown.create_time = row.create_time;
    Facts& facts = subject.facts;
    add_text(facts, "about", "state", json::enum_name(row.state));
    for (const auto& [name, text] :
         {std::pair("name", &row.name), std::pair("description", &row.description), std::pair("author", &row.author),
          std::pair("format", &row.format), std::pair("runtime", &row.runtime)}) {
      if (!text->empty()) add_text(facts, "about", name, *text);
    }
    if (row.sealed_digest) {
      add_text(facts, "about", "digest", row.sealed_digest->string());
      facts["about"]["size_bytes"] = std::to_string(row.size_bytes);
    }
    SOUK_TRY(add_signature(facts, row.signature));
    SOUK_TRY(add_members(facts, "properties", row.custom_properties));
    SOUK_TRY(note_best(row.custom_properties));
    SOUK_TRY(note_best(row.model_tags));
    return note_best(row.model_properties);
  }

  Status read_runs(store::Tx& tx) {
    std::vector<std::int64_t> ids;
    for (const Subject& subject : subjects_) {
      if (subject.shown.kind == ComparedKind::RUN) ids.push_back(subject.shown.id);
    }
    if (ids.empty()) return {};
    const store::InList in(ids);
    std::map<std::int64_t, RunRow> runs;
    const std::string sql =
        "SELECT r.id, r.namespace_id, r.name, r.owner, r.description, r.status, r.start_time, r.end_time, r.tags, "
        "r.custom_properties, r.create_time, e.slug, e.tags, e.custom_properties FROM experiment_runs r "
        "JOIN experiments e ON e.id = r.experiment_id WHERE r.id IN " +
        in.text();
    for (RunRow& row : SOUK_TRY(store::rows_as<RunRow>(SOUK_TRY(tx.run(sql, in.values()))))) {
      const std::int64_t id = row.id.value;
      runs.emplace(id, std::move(row));
    }
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      Subject& subject = subjects_[i];
      if (subject.shown.kind != ComparedKind::RUN) continue;
      const auto row = runs.find(subject.shown.id);
      if (row == runs.end() ||
          !access_.authorize(call_, access::Role::READER, NamespaceRight{row->second.namespace_id, "run"}))
        return missing(subject, i);
      SOUK_TRY(take(subject, row->second));
    }
    return {};
  }

  Status take(Subject& subject, const RunRow& row) {
    subject.namespace_id = row.namespace_id;
    subject.shown.namespace_ = SOUK_TRY(access_.namespace_slug(row.namespace_id));
    subject.shown.experiment = row.experiment;
    subject.shown.run = row.name;
    subject.shown.create_time = row.create_time;
    Facts& facts = subject.facts;
    add_text(facts, "about", "status", json::enum_name(row.status));
    add_text(facts, "about", "experiment", row.experiment);
    if (!row.owner.empty()) add_text(facts, "about", "owner", row.owner);
    if (!row.description.empty()) add_text(facts, "about", "description", row.description);
    if (row.start_time && row.end_time) {
      facts["about"]["seconds"] =
          json::write(static_cast<double>(to_millis(*row.end_time) - to_millis(*row.start_time)) / 1000);
    }
    SOUK_TRY(add_members(facts, "tags", row.tags));
    SOUK_TRY(add_members(facts, "properties", row.custom_properties));
    for (const json::Raw* declared :
         {&row.tags, &row.custom_properties, &row.experiment_tags, &row.experiment_properties})
      SOUK_TRY(note_best(*declared));
    return {};
  }

  Status read_values(store::Tx& tx, const std::string& column, ComparedKind kind) {
    std::vector<std::int64_t> ids;
    for (const Subject& subject : subjects_) {
      if (subject.shown.kind == kind) ids.push_back(subject.shown.id);
    }
    if (ids.empty()) return {};
    const store::InList in(ids);
    const std::string sql = "SELECT " + column + ", kind, name, value, text_value FROM artifacts WHERE " + column +
                            " IN " + in.text() + " AND kind IN ('METRIC', 'PARAMETER') ORDER BY id LIMIT " +
                            std::to_string(kMostValues);
    for (const ValueRow& row : SOUK_TRY(store::rows_as<ValueRow>(SOUK_TRY(tx.run(sql, in.values()))))) {
      for (Subject& subject : subjects_) {
        if (subject.shown.kind != kind || subject.shown.id != row.owner) continue;
        if (row.kind == ArtifactKind::PARAMETER) {
          add_text(subject.facts, "parameters", row.name, row.text_value.value_or(""));
        } else if (row.value) {
          subject.facts["metrics"][row.name] = json::write(*row.value);
        }
      }
    }
    return {};
  }

  Status read_files(store::Tx& tx) {
    Arms arms(
        "SELECT CAST($1 AS BIGINT) AS place, f.media_type, f.bytes FROM manifests f "
        "WHERE f.namespace_id = $2 AND f.model = $3 AND f.digest = $4");
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      const Compared& shown = subjects_[i].shown;
      if (!shown.digest) continue;
      arms.add({static_cast<std::int64_t>(i), subjects_[i].namespace_id.value, *shown.model, shown.digest->string()});
    }
    for (const ManifestRow& row : SOUK_TRY(arms.run<ManifestRow>(tx))) {
      Subject& subject = subjects_[static_cast<std::size_t>(row.place)];
      subject.files =
          SOUK_TRY(artifacts::files_of(SOUK_TRY(artifacts::parse_manifest(row.media_type, row.bytes.bytes))));
      add_files(subject.facts, subject.files);
    }
    return {};
  }

  Status note_best(const json::Raw& declared) {
    constexpr std::string_view kBest = "best.";
    const json::Document document = SOUK_TRY(json::Document::parse(declared.text));
    if (document.root().kind() != json::Kind::object) return {};
    return document.root().each_member([&](std::string_view key, json::Value value) -> Status {
      if (!key.starts_with(kBest) || value.kind() != json::Kind::string) return {};
      if (value.string() == "max" || value.string() == "min")
        best.emplace(key.substr(kBest.size()), std::string(value.string()));
      return {};
    });
  }

  const access::Call& call_;
  access::Access& access_;
  std::vector<Subject>& subjects_;
};

// What a version recorded in its properties, and then what its files say.
Status add_recorded(Facts& facts) {
  for (const char* name : {"dependencies", "requirements"}) {
    const auto& properties = facts["properties"];
    const auto found = properties.find(name);
    if (found == properties.end()) continue;
    const json::Document value = SOUK_TRY(json::Document::parse(found->second));
    if (value.root().kind() == json::Kind::string) add_requirements(facts, value.root().string());
    if (value.root().kind() != json::Kind::array) continue;
    SOUK_TRY(value.root().each_element([&](json::Value one) -> Status {
      if (one.kind() == json::Kind::string) add_requirements(facts, one.string());
      return {};
    }));
  }
  return {};
}

}  // namespace

Result<Comparison> Compare::compare(const access::Call& call, const std::vector<std::string>& of,
                                    bool only_changed) const {
  if (of.size() < kFewest || of.size() > kMost) {
    return invalid_argument("2 to 20 are compared, not " + std::to_string(of.size()))
        .at("of")
        .advise("such as of=digits:1,digits@champion or of=run:5,run:7");
  }
  std::vector<Subject> subjects(of.size());
  for (std::size_t i = 0; i < of.size(); ++i) {
    Subject& subject = subjects[i];
    subject.shown.of = of[i];
    if (of[i].starts_with(kRun)) {
      const char* end = of[i].data() + of[i].size();
      const auto read = std::from_chars(of[i].data() + kRun.size(), end, subject.shown.id);
      if (read.ec != std::errc() || read.ptr != end || subject.shown.id <= 0)
        return invalid_argument(access::as_shown(of[i]) + " names no run").at(at(i)).advise("such as run:5");
      subject.shown.kind = ComparedKind::RUN;
      continue;
    }
    Result<Reference> reference = Reference::parse(of[i]);
    if (!reference) return std::move(reference).error().at(at(i));
    const auto ns = SOUK_TRY(access_.find_namespace(call, reference->namespace_));
    if (!ns) return missing(subject, i);
    subject.namespace_id = ns->id;
    subject.shown.namespace_ = ns->slug;
    subject.shown.model = reference->model;
    subject.reference = std::move(*reference);
  }
  Reading reading(call, access_, subjects);
  SOUK_TRY(store_.read([&](store::Tx& tx) { return reading.read(tx); }));
  Comparison out;
  std::vector<Facts> facts;
  for (Subject& subject : subjects) {
    SOUK_TRY(add_recorded(subject.facts));
    for (const artifacts::File& file : subject.files) {
      if (!lists_dependencies(file.path) || file.size_bytes > static_cast<std::int64_t>(kMostDependencies)) continue;
      add_dependencies(subject.facts, file.path, SOUK_TRY(artifacts_.blobs().read_all(file.digest, kMostDependencies)));
    }
    facts.push_back(std::move(subject.facts));
    out.items.push_back(std::move(subject.shown));
  }
  out.sections = sections_of(facts, reading.best, only_changed);
  return out;
}

}  // namespace souk::registry
