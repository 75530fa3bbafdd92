// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/applier.h"

#include "base/digest.h"
#include "registry/examine.h"
#include "registry/lineage/lineage.h"
#include "registry/metrics/series.h"
#include "registry/properties.h"
#include "registry/records/kinds.h"
#include "registry/records/rows.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

std::string_view after_colon(std::string_view key) {
  return key.substr(std::min(key.find(':') + 1, key.size()));
}

std::optional<std::int64_t> number_in(std::string_view text) {
  constexpr std::size_t kDigits = 12;
  if (!is_all_digits(text) || text.size() > kDigits) return {};
  return std::stoll(std::string(text));
}

// "a/b" at the last slash.
std::pair<std::string, std::string> split(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

}  // namespace

Result<bool> Applier::name_is_taken(const Line& first) {
  const char* table = first.type == LineType::MODEL        ? "registered_models"
                      : first.type == LineType::EXPERIMENT ? "experiments"
                                                           : nullptr;
  if (table == nullptr) return false;
  const json::Document row = SOUK_TRY(json::Document::parse(first.row ? first.row->text : "{}"));
  const auto text = [&](const char* name) {
    const auto value = row.root().find(name);
    return value && value->kind() == json::Kind::string ? std::optional(std::string(value->string())) : std::nullopt;
  };
  return SOUK_TRY(r_.store.read([&](store::Tx& tx) {
           return tx.scalar<std::int64_t>("SELECT id FROM " + std::string(table) +
                                              " WHERE namespace_id = $1 AND slug <> $2 AND (name = $3 OR external_id = "
                                              "$4) LIMIT 1",
                                          namespace_id_, text("slug").value_or(""), text("name").value_or(""),
                                          text("external_id"));
         }))
      .has_value();
}

Status Applier::apply(const std::string& unit, std::string_view text, const std::function<Status(store::Tx&)>& also) {
  seen_.clear();
  const std::string slug = unit.substr(unit.find('/') + 1);
  if (unit.starts_with("models/")) SOUK_TRY(prepare(slug, text));
  SOUK_TRY(r_.store.write([&](store::Tx& tx) -> Status {
    fresh_.clear();
    SOUK_TRY(each_line(text, [&](const Line& line) -> Status {
      SOUK_TRY(check(line));
      return apply(tx, unit, line);
    }));
    return also(tx);
  }));
  known_.merge(fresh_);
  return {};
}

// --- bytes ----------------------------------------------------------------------------------------------

Status Applier::prepare(const std::string& slug, std::string_view text) {
  const artifacts::Repository repository{namespace_id_, namespace_, slug};
  std::set<Digest> sealed;
  SOUK_TRY(each_line(text, [&](const Line& line) -> Status {
    SOUK_TRY(check(line));
    if (line.type == LineType::VERSION) {
      if (const ModelVersion version = SOUK_TRY(row_of<ModelVersion>(line)); version.sealed_digest)
        sealed.insert(*version.sealed_digest);
    }
    if (line.type != LineType::MANIFEST) return {};
    Seen one{*line.media_type, SOUK_TRY(from_base64(*line.bytes)), {}, {}};
    one.parsed = SOUK_TRY(artifacts::parse_manifest(one.media_type, one.bytes));
    SOUK_TRY(link(repository, one.parsed));
    const bool is_sealed = sealed.contains(*line.digest) || SOUK_TRY(r_.store.read([&](store::Tx& tx) {
                                                              return tx.scalar<std::int64_t>(
                                                                  "SELECT v.id FROM model_versions v JOIN "
                                                                  "registered_models m ON m.id = v.model_id WHERE "
                                                                  "m.namespace_id = $1 AND m.slug = $2 AND "
                                                                  "v.sealed_digest = $3 LIMIT 1",
                                                                  namespace_id_, slug, *line.digest);
                                                            })).has_value();
    if (is_sealed)
      one.facts = SOUK_TRY(examine_bytes(r_.artifacts, r_.inspector, repository, one.media_type, one.parsed));
    seen_.emplace(*line.digest, std::move(one));
    return {};
  }));
  return {};
}

Status Applier::link(const artifacts::Repository& repository, const artifacts::Manifest& manifest) {
  std::vector<const artifacts::Descriptor*> parts;
  if (manifest.config) parts.push_back(&*manifest.config);
  for (const artifacts::Descriptor& layer : manifest.layers) parts.push_back(&layer);
  for (const artifacts::Descriptor* part : parts) {
    const auto size = SOUK_TRY(r_.has_blob(part->digest));
    if (!size) {
      const bool elsewhere = part->mediaType.find(".nondistributable.") != std::string::npos ||
                             part->mediaType.find(".foreign.") != std::string::npos;
      if (elsewhere) continue;
      return invalid_argument("the archive does not hold the bytes " + part->digest.string());
    }
    if (*size != part->size)
      return invalid_argument(part->digest.string() + " has another size than its manifest says");
    SOUK_TRY(r_.artifacts.link_blob(repository, part->digest, static_cast<std::uint64_t>(*size)));
  }
  return {};
}

// --- keys -----------------------------------------------------------------------------------------------

Result<std::optional<std::int64_t>> Applier::find(store::Tx& tx, const std::string& key) {
  for (const Known* known : {&fresh_, &known_}) {
    if (const auto found = known->find(key); found != known->end()) return std::optional(found->second);
  }
  const std::string kind = key.substr(0, key.find(':')), rest(after_colon(key));
  const auto [head, tail] = split(rest);
  const std::optional<std::int64_t> number = number_in(tail);
  const auto one = [&](const char* sql, const auto&... values) { return tx.scalar<std::int64_t>(sql, values...); };
  if (kind == "model")
    return one("SELECT id FROM registered_models WHERE namespace_id = $1 AND slug = $2", namespace_id_, rest);
  if (kind == "experiment")
    return one("SELECT id FROM experiments WHERE namespace_id = $1 AND slug = $2", namespace_id_, rest);
  if (kind == "environment")
    return one("SELECT id FROM environments WHERE namespace_id = $1 AND name = $2", namespace_id_, rest);
  if (kind == "version" && number) {
    return one(
        "SELECT v.id FROM model_versions v JOIN registered_models m ON m.id = v.model_id WHERE m.namespace_id = $1 "
        "AND m.slug = $2 AND v.number = $3",
        namespace_id_, head, *number);
  }
  if (kind == "run" && number) {
    return one(
        "SELECT r.id FROM experiment_runs r JOIN experiments e ON e.id = r.experiment_id WHERE e.namespace_id = $1 "
        "AND e.slug = $2 ORDER BY r.id LIMIT 1 OFFSET $3",
        namespace_id_, head, *number);
  }
  if (kind == "service") {
    const auto environment = from_base64(head), name = from_base64(tail);
    if (!environment || !name) return std::optional<std::int64_t>();
    return one(
        "SELECT s.id FROM inference_services s JOIN environments e ON e.id = s.environment_id WHERE "
        "e.namespace_id = $1 AND e.name = $2 AND s.name = $3",
        namespace_id_, *environment, *name);
  }
  if (kind != "artifact" || !number) return std::optional<std::int64_t>();
  if (head == "free") {
    return one(
        "SELECT id FROM artifacts WHERE namespace_id = $1 AND version_id IS NULL AND run_id IS NULL ORDER BY id "
        "LIMIT 1 OFFSET $2",
        namespace_id_, *number);
  }
  const auto owner = SOUK_TRY(find(tx, head));
  if (!owner) return std::optional<std::int64_t>();
  return head.starts_with("run:")
             ? one("SELECT id FROM artifacts WHERE run_id = $1 ORDER BY id LIMIT 1 OFFSET $2", *owner, *number)
             : one("SELECT id FROM artifacts WHERE version_id = $1 AND run_id IS NULL ORDER BY id LIMIT 1 OFFSET $2",
                   *owner, *number);
}

Result<std::optional<std::int64_t>> Applier::ref(store::Tx& tx, const Line& line, const char* column) {
  if (!line.refs) return std::optional<std::int64_t>();
  const auto key = line.refs->find(column);
  return key == line.refs->end() ? Result<std::optional<std::int64_t>>(std::nullopt) : find(tx, key->second);
}

Result<std::int64_t> Applier::need_ref(store::Tx& tx, const Line& line, const char* column) {
  const auto id = SOUK_TRY(ref(tx, line, column));
  if (!id) return not_found("the archive names a " + std::string(column) + " that is neither in it nor here");
  return *id;
}

Result<std::int64_t> Applier::model_id(store::Tx& tx, const std::string& slug) {
  const auto id = SOUK_TRY(find(tx, key_of_model(slug)));
  if (!id) return not_found("the model " + access::as_shown(slug) + " is not there");
  return *id;
}

// --- rows -----------------------------------------------------------------------------------------------

Status Applier::tell(store::Tx& tx, std::string_view kind, std::int64_t id, const std::string& name) {
  events::NewEvent event;
  event.type = std::string(kind) + ".created";
  event.namespace_id = namespace_id_;
  event.namespace_ = namespace_;
  event.kind = kind;
  event.id = id;
  event.name = name;
  event.data.text = "{}";
  access::sign(event, call_);
  return r_.events.append(tx, event);
}

Status Applier::apply(store::Tx& tx, const std::string& unit, const Line& line) {
  const std::string slug = unit.substr(unit.find('/') + 1);
  switch (line.type) {
    case LineType::MODEL:
      return model(tx, line);
    case LineType::VERSION:
      return version(tx, line);
    case LineType::MANIFEST:
      return manifest(tx, slug, line);
    case LineType::TAG:
      return r_.artifacts.set_tag(tx, {namespace_id_, namespace_, slug}, *line.name, *line.digest);
    case LineType::ALIAS:
    case LineType::ALIAS_CHANGE:
      return alias(tx, slug, line);
    case LineType::SPENT_NUMBER:
      return tx.defer("INSERT INTO spent_numbers (model_id, number) VALUES ($1, $2)", SOUK_TRY(model_id(tx, slug)),
                      *line.number);
    case LineType::EXPERIMENT:
      return record<Experiment>(tx, line);
    case LineType::RUN:
      return record<ExperimentRun>(tx, line);
    case LineType::ARTIFACT:
      return artifact(tx, line);
    case LineType::POINTS:
      return points(tx, line);
    case LineType::ENVIRONMENT:
      return record<Environment>(tx, line);
    case LineType::INFERENCE_SERVICE:
      return record<InferenceService>(tx, line);
    case LineType::SERVE_MODEL:
      return record<ServeModel>(tx, line);
    case LineType::EDGE:
      return edge(tx, line);
  }
  return {};
}

Status Applier::model(store::Tx& tx, const Line& line) {
  RegisteredModel row = SOUK_TRY(row_of<RegisteredModel>(line));
  row.namespace_id = namespace_id_;
  const std::string label = "model " + namespace_ + "/" + row.slug;
  if (!SOUK_TRY(try_insert_model(tx, row))) return already_exists(label + " was made meanwhile");
  SOUK_TRY(tx.defer("UPDATE registered_models SET last_number = $2 WHERE id = $1", row.id,
                    std::max<std::int64_t>(line.number.value_or(0), 0)));
  PropertyRows properties(tx, "model_properties");
  SOUK_TRY(properties.add(row.id.value, "tags", row.tags));
  SOUK_TRY(properties.add(row.id.value, "custom_properties", row.custom_properties));
  SOUK_TRY(properties.flush());
  SOUK_TRY(r_.access.add_resource(tx, row.resource()));
  fresh_[key_of_model(row.slug)] = row.id.value;
  return tell(tx, "model", row.id.value, row.slug);
}

Status Applier::version(store::Tx& tx, const Line& line) {
  ModelVersion row = SOUK_TRY(row_of<ModelVersion>(line));
  const auto [slug, number] = split(after_colon(line.key.value_or("")));
  row.model_id = ModelId(SOUK_TRY(model_id(tx, slug)));
  // What the bytes say is found out, not believed.
  row.format.clear();
  row.runtime.clear();
  row.missing.clear();
  row.signature.reset();
  row.declaration.reset();
  row.size_bytes = 0;
  SOUK_TRY(insert_version(tx, row, "model " + std::string(slug)));
  SOUK_TRY(insert_properties(tx, "model_version_properties", row.id.value, "custom_properties", row.custom_properties));
  SOUK_TRY(tx.defer("UPDATE registered_models SET last_number = $2 WHERE id = $1 AND last_number < $2", row.model_id,
                    row.number));
  fresh_[key_of_version(slug, row.number)] = row.id.value;
  return tell(tx, "version", row.id.value, slug + ":" + std::to_string(row.number));
}

Status Applier::manifest(store::Tx& tx, const std::string& slug, const Line& line) {
  const auto seen = seen_.find(*line.digest);
  if (seen == seen_.end()) return internal("a manifest was not looked at");
  const Seen& one = seen->second;
  SOUK_TRY(r_.artifacts.put_manifest(tx, {namespace_id_, namespace_, slug}, one.media_type, one.bytes, one.parsed));
  if (!one.facts) return {};
  const ModelVersion& facts = *one.facts;
  return tx.defer(
      "UPDATE model_versions SET format = $3, runtime = $4, missing = $5, size_bytes = $6, signature = $7, "
      "declaration = $8 WHERE model_id = $1 AND sealed_digest = $2",
      SOUK_TRY(model_id(tx, slug)), *line.digest, facts.format, facts.runtime, facts.missing, facts.size_bytes,
      facts.signature, facts.declaration);
}

Status Applier::alias(store::Tx& tx, const std::string& slug, const Line& line) {
  const std::int64_t model = SOUK_TRY(model_id(tx, slug));
  const Time time = line.time.value_or(now());
  if (line.type == LineType::ALIAS_CHANGE) {
    return tx.defer("INSERT INTO alias_changes (model_id, name, version, actor, time) VALUES ($1, $2, $3, $4, $5)",
                    model, *line.name, line.number, line.actor.value_or(""), time);
  }
  const auto version = SOUK_TRY(find(tx, key_of_version(slug, *line.number)));
  if (!version) return not_found("the alias " + *line.name + " names a version that is not there");
  return tx.defer("INSERT INTO aliases (model_id, name, version_id, actor, update_time) VALUES ($1, $2, $3, $4, $5)",
                  model, *line.name, *version, line.actor.value_or(""), time);
}

template <class T>
Status Applier::record(store::Tx& tx, const Line& line) {
  T row = SOUK_TRY(row_of<T>(line));
  row.namespace_id = namespace_id_;
  SOUK_TRY(check_fields(static_cast<const T*>(nullptr), row));
  if constexpr (std::is_same_v<T, ExperimentRun>) {
    row.experiment_id = ExperimentId(SOUK_TRY(need_ref(tx, line, "experiment_id")));
    if (const auto parent = SOUK_TRY(ref(tx, line, "parent_run_id"))) row.parent_run_id = RunId(*parent);
  } else if constexpr (std::is_same_v<T, InferenceService>) {
    row.environment_id = EnvironmentId(SOUK_TRY(need_ref(tx, line, "environment_id")));
    row.model_id = ModelId(SOUK_TRY(need_ref(tx, line, "model_id")));
    if (const auto version = SOUK_TRY(ref(tx, line, "version_id"))) row.version_id = VersionId(*version);
    row.desired_state = ServiceState::UNDEPLOYED;
  } else if constexpr (std::is_same_v<T, ServeModel>) {
    row.inference_service_id = InferenceServiceId(SOUK_TRY(need_ref(tx, line, "inference_service_id")));
    row.version_id = VersionId(SOUK_TRY(need_ref(tx, line, "version_id")));
  }
  if (!SOUK_TRY(try_insert_row(tx, row))) {
    return already_exists(std::string(Kind<T>::shown) + " " + access::as_shown(row.name) + " was made meanwhile");
  }
  SOUK_TRY(insert_index(tx, row));
  if (line.key) fresh_[*line.key] = row.id.value;
  return tell(tx, Kind<T>::noun, row.id.value, row.name);
}

Status Applier::artifact(store::Tx& tx, const Line& line) {
  Artifact row = SOUK_TRY(row_of<Artifact>(line));
  row.namespace_id = namespace_id_;
  if (const auto id = SOUK_TRY(ref(tx, line, "version_id"))) {
    row.version_id = VersionId(*id);
    const auto model = SOUK_TRY(tx.scalar<ModelId>("SELECT model_id FROM model_versions WHERE id = $1", *id));
    row.model_id = model;
  }
  if (line.refs && line.refs->contains("run_id")) {
    row.run_id = RunId(SOUK_TRY(need_ref(tx, line, "run_id")));
    row.experiment_id = ExperimentId(SOUK_TRY(need_ref(tx, line, "experiment_id")));
  }
  if (row.held && row.held->starts_with("./")) row.held = namespace_ + row.held->substr(1);
  SOUK_TRY(check_fields(static_cast<const Artifact*>(nullptr), row));
  if (!SOUK_TRY(try_insert_row(tx, row)))
    return already_exists("artifact " + access::as_shown(row.name) + " is there already");
  SOUK_TRY(insert_index(tx, row));
  // Values are never named by others.
  if (line.key && row.kind != ArtifactKind::METRIC && row.kind != ArtifactKind::PARAMETER)
    fresh_[*line.key] = row.id.value;
  return {};
}

Status Applier::points(store::Tx& tx, const Line& line) {
  const auto run = line.key ? SOUK_TRY(find(tx, *line.key)) : std::nullopt;
  if (!run || !line.key->starts_with("run:")) return not_found("points belong to no run");
  std::vector<MetricPoint> points;
  for (const json::Raw& point : *line.points) points.push_back(SOUK_TRY(point_of(point)));
  return append_points(tx, RunId(*run), *line.name, points);
}

Status Applier::edge(store::Tx& tx, const Line& line) {
  Edge out{"", "", (*line.edge)[2]};
  for (const auto& [key, node] : {std::pair(&(*line.edge)[0], &out.source), std::pair(&(*line.edge)[1], &out.target)}) {
    const std::string kind = key->substr(0, key->find(':'));
    std::string rest;
    std::string name = *key;
    if (kind == "alias") {
      const std::size_t at = std::min(key->find('@'), key->size());
      rest = key->substr(at);
      name = "model:" + std::string(after_colon(std::string_view(*key).substr(0, at)));
    }
    const auto id = SOUK_TRY(find(tx, name));
    if (!id) return {};  // of an object that was skipped
    *node = kind + ":" + std::to_string(*id) + rest;
  }
  return add_edge(tx, namespace_id_, out);
}

}  // namespace souk::registry
