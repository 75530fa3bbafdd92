// SPDX-License-Identifier: Apache-2.0
#include "registry/search/documents.h"

#include <map>

#include "registry/search/words.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxBody = 64 << 10;
constexpr std::size_t kMaxSummary = 300;

struct Document {
  std::string kind;
  std::int64_t id = 0;
  NamespaceId namespace_id;
  std::string title, reference, summary, name, body;
};

struct ModelText {
  std::int64_t id = 0;
  NamespaceId namespace_id;
  std::string ns, slug, name, description, readme, owner, provider, library_name, tasks, tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(ModelText, (),
                      (id, namespace_id, ns, slug, name, description, readme, owner, provider, library_name, tasks,
                       tags, custom_properties))
struct VersionText {
  std::int64_t model_id = 0;
  std::string name, description, author, custom_properties;
};
BOOST_DESCRIBE_STRUCT(VersionText, (), (model_id, name, description, author, custom_properties))
struct ExperimentText {
  std::int64_t id = 0;
  NamespaceId namespace_id;
  std::string ns, slug, name, description, owner, tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(ExperimentText, (),
                      (id, namespace_id, ns, slug, name, description, owner, tags, custom_properties))
struct RunText {
  std::int64_t id = 0;
  NamespaceId namespace_id;
  std::string ns, experiment, name, description, owner, tags, custom_properties;
};
BOOST_DESCRIBE_STRUCT(RunText, (),
                      (id, namespace_id, ns, experiment, name, description, owner, tags, custom_properties))

template <class T>
Result<std::vector<T>> rows_in(store::Tx& tx, const std::string& before, const std::set<std::int64_t>& ids,
                               const std::string& after = "") {
  if (ids.empty()) return std::vector<T>();
  const store::InList in(ids);
  return store::rows_as<T>(SOUK_TRY(tx.run(before + in.text() + after, in.values())));
}

std::string summary_of(const std::string& text) {
  if (text.size() <= kMaxSummary) return text;
  std::size_t end = kMaxSummary;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// At most so many bytes, whole words.
std::string words_text(std::string_view text) {
  std::string out;
  for (const std::string& word : words_of(text)) {
    if (out.size() + word.size() >= kMaxBody) break;
    out.append(out.empty() ? "" : " ").append(word);
  }
  return out;
}

Status write_words(store::Tx& tx, const Document& document, const KnownWords& known, KnownWords& fresh) {
  for (const std::string* text : {&document.name, &document.body}) {
    for (std::string& word : words_of(*text)) {
      if (known.contains(word) || !fresh.insert(word).second) continue;
      const auto variants = variants_of(word);
      SOUK_TRY(tx.defer("INSERT INTO search_words (word) VALUES ($1) ON CONFLICT DO NOTHING", word));
      for (const std::string& variant : variants) {
        SOUK_TRY(tx.defer("INSERT INTO search_variants (variant, word) VALUES ($1, $2) ON CONFLICT DO NOTHING", variant,
                          word));
      }
    }
  }
  return {};
}

Status write_document(store::Tx& tx, const Document& d) {
  const bool sqlite = tx.dialect() == store::Dialect::sqlite;
  const std::string& name = sqlite ? std::string() : d.name;
  const std::string& body = sqlite ? std::string() : d.body;
  auto id = SOUK_TRY(tx.scalar<std::int64_t>(
      "INSERT INTO documents (kind, object_id, namespace_id, title, reference, summary, name, body, update_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (kind, object_id) DO NOTHING RETURNING id",
      d.kind, d.id, d.namespace_id, d.title, d.reference, d.summary, name, body, now()));
  if (!id) {
    id = SOUK_TRY(tx.scalar<std::int64_t>(
        "UPDATE documents SET title = $3, reference = $4, summary = $5, name = $6, body = $7, update_time = $8 "
        "WHERE kind = $1 AND object_id = $2 RETURNING id",
        d.kind, d.id, d.title, d.reference, d.summary, name, body, now()));
    if (sqlite && id) SOUK_TRY(tx.defer("DELETE FROM documents_text WHERE rowid = $1", *id));
  }
  if (!sqlite || !id) return {};
  return tx.defer("INSERT INTO documents_text (rowid, name, body) VALUES ($1, $2, $3)", *id, d.name, d.body);
}

Status delete_document(store::Tx& tx, std::string_view kind, std::int64_t id) {
  const auto row = SOUK_TRY(
      tx.scalar<std::int64_t>("DELETE FROM documents WHERE kind = $1 AND object_id = $2 RETURNING id", kind, id));
  if (!row || tx.dialect() != store::Dialect::sqlite) return {};
  return tx.defer("DELETE FROM documents_text WHERE rowid = $1", *row);
}

Result<std::vector<Document>> model_documents(store::Tx& tx, const std::set<std::int64_t>& ids) {
  const auto models = SOUK_TRY(rows_in<ModelText>(
      tx,
      "SELECT m.id, m.namespace_id, n.slug, m.slug, m.name, m.description, m.readme, m.owner, m.provider, "
      "m.library_name, m.tasks, m.tags, m.custom_properties FROM registered_models m "
      "JOIN namespaces n ON n.id = m.namespace_id WHERE m.id IN ",
      ids));
  std::map<std::int64_t, std::string> of_versions;
  for (const VersionText& v : SOUK_TRY(rows_in<VersionText>(
           tx, "SELECT model_id, name, description, author, custom_properties FROM model_versions WHERE model_id IN ",
           ids, " ORDER BY model_id, number DESC"))) {
    std::string& text = of_versions[v.model_id];
    if (text.size() < kMaxBody) text += v.name + " " + v.description + " " + v.author + " " + v.custom_properties + " ";
  }
  std::vector<Document> out;
  for (const ModelText& m : models) {
    Document& d = out.emplace_back();
    d.kind = "model";
    d.id = m.id;
    d.namespace_id = m.namespace_id;
    d.title = m.name;
    d.reference = m.ns + "/" + m.slug;
    d.summary = summary_of(m.description);
    d.name = words_text(m.name + " " + m.slug);
    d.body = words_text(m.description + " " + m.tags + " " + m.custom_properties + " " + m.owner + " " + m.provider +
                        " " + m.library_name + " " + m.tasks + " " + of_versions[m.id] + " " + m.readme);
  }
  return out;
}

Result<std::vector<Document>> experiment_documents(store::Tx& tx, const std::set<std::int64_t>& ids) {
  std::vector<Document> out;
  for (const ExperimentText& e : SOUK_TRY(rows_in<ExperimentText>(
           tx,
           "SELECT e.id, e.namespace_id, n.slug, e.slug, e.name, e.description, e.owner, e.tags, "
           "e.custom_properties FROM experiments e "
           "JOIN namespaces n ON n.id = e.namespace_id WHERE e.id IN ",
           ids))) {
    out.push_back({"experiment", e.id, e.namespace_id, e.name, e.ns + "/" + e.slug, summary_of(e.description),
                   words_text(e.name),
                   words_text(e.description + " " + e.owner + " " + e.tags + " " + e.custom_properties)});
  }
  return out;
}

Result<std::vector<Document>> run_documents(store::Tx& tx, const std::set<std::int64_t>& ids) {
  std::vector<Document> out;
  for (const RunText& r : SOUK_TRY(rows_in<RunText>(
           tx,
           "SELECT r.id, r.namespace_id, n.slug, e.slug, r.name, r.description, r.owner, r.tags, r.custom_properties "
           "FROM experiment_runs r JOIN experiments e ON e.id = r.experiment_id "
           "JOIN namespaces n ON n.id = r.namespace_id WHERE r.id IN ",
           ids))) {
    out.push_back({"run", r.id, r.namespace_id, r.name, r.ns + "/" + r.experiment + "/" + std::to_string(r.id),
                   summary_of(r.description), words_text(r.name),
                   words_text(r.description + " " + r.owner + " " + r.tags + " " + r.custom_properties)});
  }
  return out;
}

Status put(store::Tx& tx, std::string_view kind, const std::set<std::int64_t>& asked,
           const std::vector<Document>& found, const KnownWords& known, KnownWords& fresh) {
  std::set<std::int64_t> gone = asked;
  for (const Document& document : found) {
    gone.erase(document.id);
    SOUK_TRY(write_document(tx, document));
    SOUK_TRY(write_words(tx, document, known, fresh));
  }
  for (std::int64_t id : gone) SOUK_TRY(delete_document(tx, kind, id));
  return {};
}

struct VersionEvent {
  std::optional<std::string> model;
};
BOOST_DESCRIBE_STRUCT(VersionEvent, (), (model))

}  // namespace

void Changed::add(const events::Event& event) {
  if (event.kind == "model") models.insert(event.id);
  if (event.kind == "experiment") experiments.insert(event.id);
  if (event.kind == "run") runs.insert(event.id);
  if (event.kind != "version") return;
  const auto data = json::read<VersionEvent>(event.data.text, json::UnknownFields::ignore);
  if (data && data->model) slugs.emplace(event.namespace_id.value, *data->model);
}

Status write_documents(store::Tx& tx, const Changed& changed, const KnownWords& known, KnownWords& fresh) {
  std::set<std::int64_t> models = changed.models;
  for (const auto& [ns, slug] : changed.slugs) {
    const auto id = SOUK_TRY(
        tx.scalar<std::int64_t>("SELECT id FROM registered_models WHERE namespace_id = $1 AND slug = $2", ns, slug));
    if (id) models.insert(*id);
  }
  SOUK_TRY(put(tx, "model", models, SOUK_TRY(model_documents(tx, models)), known, fresh));
  SOUK_TRY(put(tx, "experiment", changed.experiments, SOUK_TRY(experiment_documents(tx, changed.experiments)), known,
               fresh));
  return put(tx, "run", changed.runs, SOUK_TRY(run_documents(tx, changed.runs)), known, fresh);
}

}  // namespace souk::registry
