// SPDX-License-Identifier: Apache-2.0
#include "registry/search/search.h"

#include <algorithm>
#include <functional>
#include <set>

#include "registry/search/indexer.h"
#include "registry/search/query.h"
#include "registry/search/words.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxHits = 100;
constexpr std::size_t kMaxCorrections = 5;
constexpr std::int64_t kMostWords = 32;   // that stand for the beginning of one
constexpr std::size_t kCandidates = 200;  // the latest whose name matches, to be ranked

struct HitRow {
  std::string kind;
  std::int64_t id = 0;
  std::string title, reference, summary;
  double score = 0;
};
BOOST_DESCRIBE_STRUCT(HitRow, (), (kind, id, title, reference, summary, score))

struct WordRow {
  std::string word;
};
BOOST_DESCRIBE_STRUCT(WordRow, (), (word))

// A statement that grows.
class Statement {
 public:
  std::string parameter(store::Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  }
  std::vector<store::Value> values;
};

// Words that documents have and that differ from `word` by a mistake or two, the nearest first.
Result<std::vector<std::string>> corrections(store::Tx& tx, const std::string& word) {
  const int allowed = allowed_mistakes(word);
  std::vector<std::pair<int, std::string>> near;
  if (allowed == 0) return std::vector<std::string>();
  std::vector<std::string> asked = variants_of(word);
  asked.push_back(word);
  for (const std::string& variant : asked) {
    // A letter too many in the query: its variant is a word. One missing: the word has the query as variant.
    for (WordRow& row : SOUK_TRY(tx.all<WordRow>(
             "SELECT word FROM search_variants WHERE variant = $1 UNION SELECT word FROM search_words WHERE word = $1 "
             "LIMIT 50",
             variant))) {
      const int mistakes = distance(word, row.word, allowed);
      if (mistakes <= allowed) near.emplace_back(mistakes, std::move(row.word));
    }
  }
  std::ranges::sort(near);
  std::vector<std::string> out;
  for (auto& [mistakes, other] : near) {
    if (out.size() < kMaxCorrections && std::ranges::find(out, other) == out.end()) out.push_back(std::move(other));
  }
  return out;
}

// What a word of a query may be in a document: these words, or what begins with them.
struct Choices {
  std::vector<std::string> words;
  bool prefix = true;
};

// Words that begin so, or corrections when none does. FTS5 reads all that a prefix matches before anything else, so
// that for it a prefix becomes the words that it stands for, unless they are many.
Result<std::vector<Choices>> spelled(store::Tx& tx, const std::vector<std::string>& words,
                                     std::vector<std::string>& corrected) {
  std::vector<Choices> out;
  for (const std::string& word : words) {
    const auto known =
        SOUK_TRY(tx.all<WordRow>("SELECT word FROM search_words WHERE word >= $1 AND word < $2 ORDER BY word LIMIT $3",
                                 word, word + "\U0010FFFF", kMostWords + 1));
    Choices& choices = out.emplace_back();
    if (!known.empty()) {
      choices.prefix = tx.dialect() != store::Dialect::sqlite || known.size() > kMostWords;
      if (choices.prefix) choices.words = {word};
      for (std::size_t i = 0; !choices.prefix && i < known.size(); ++i) choices.words.push_back(known[i].word);
      continue;
    }
    choices.words = SOUK_TRY(corrections(tx, word));
    if (choices.words.empty()) {
      choices.words = {word};
    } else {
      corrected.push_back(word + " → " + choices.words.front());
    }
  }
  return out;
}

// The database's own form: FTS5's MATCH, PostgreSQL's to_tsquery. Words hold no character that either gives a meaning.
std::string match_text(const std::vector<Choices>& words, store::Dialect dialect) {
  const bool sqlite = dialect == store::Dialect::sqlite;
  std::string out;
  for (const Choices& choices : words) {
    std::string one;
    for (const std::string& word : choices.words) {
      if (!one.empty()) one += sqlite ? " OR " : " | ";
      one += sqlite ? "\"" + word + "\"" : "'" + word + "'";
      if (choices.prefix) one += sqlite ? " *" : ":*";
    }
    if (!out.empty()) out += sqlite ? " AND " : " & ";
    out += "(" + one + ")";
  }
  return out;
}

std::string metric_condition(Statement& s, const MetricTerm& term) {
  const std::string name = s.parameter(term.name), value = "CAST(" + s.parameter(term.value) + " AS DOUBLE PRECISION)";
  const auto property = [&](std::string_view table, std::string_view owner) {
    return "EXISTS (SELECT 1 FROM " + std::string(table) + " p WHERE p.owner_id " + std::string(owner) +
           " AND p.field = 'custom_properties' AND p.name = " + name + " AND (p.double_value " + term.op + " " + value +
           " OR p.int_value " + term.op + " " + value + "))";
  };
  const auto artifact = [&](std::string_view of) {
    return "EXISTS (SELECT 1 FROM artifacts a WHERE a." + std::string(of) +
           " = d.object_id AND a.kind = 'METRIC' AND a.name = " + name + " AND a.value " + term.op + " " + value + ")";
  };
  return " AND ((d.kind = 'model' AND (" + artifact("model_id") + " OR " +
         property("model_properties", "= d.object_id") + " OR " +
         property("model_version_properties", "IN (SELECT v.id FROM model_versions v WHERE v.model_id = d.object_id)") +
         ")) OR (d.kind = 'run' AND (" + artifact("run_id") + " OR " +
         property("experiment_run_properties", "= d.object_id") + ")))";
}

std::string filters(Statement& s, const SearchQuery& query) {
  std::string sql;
  if (query.kind) sql += " AND d.kind = " + s.parameter(*query.kind);
  if (query.alias)
    sql += " AND d.kind = 'model' AND EXISTS (SELECT 1 FROM aliases a WHERE a.model_id = d.object_id AND a.name = " +
           s.parameter(*query.alias) + ")";
  if (query.task) {
    std::string quoted;
    json::Writer(quoted).value(*query.task);
    // A text inside JSON is found as it is written there, quotes included; % and _ stand for themselves.
    const auto holds = [&](const std::string& column, const std::string& text) {
      std::string pattern = "%";
      for (char c : text) pattern.append(c == '%' || c == '_' || c == '\\' ? "\\" : "").append(1, c);
      return column + " LIKE " + s.parameter(pattern + "%") + " ESCAPE '\\'";
    };
    sql += " AND d.kind = 'model' AND EXISTS (SELECT 1 FROM registered_models m WHERE m.id = d.object_id AND (" +
           holds("m.tasks", quoted) + " OR EXISTS (SELECT 1 FROM model_versions v WHERE v.model_id = m.id AND " +
           holds("v.signature", "\"task\":" + quoted) + ")))";
  }
  for (const auto& [column, value] : {std::pair("owner", query.owner), std::pair("state", query.state)}) {
    if (!value) continue;
    const std::string is = "." + std::string(column) + " = " + s.parameter(*value);
    sql += " AND ((d.kind = 'model' AND EXISTS (SELECT 1 FROM registered_models m WHERE m.id = d.object_id AND m" + is +
           ")) OR (d.kind = 'experiment' AND EXISTS (SELECT 1 FROM experiments e WHERE e.id = d.object_id AND e" + is +
           ")) OR (d.kind = 'run' AND EXISTS (SELECT 1 FROM experiment_runs r WHERE r.id = d.object_id AND r" + is +
           ")))";
  }
  for (const auto& [key, value] : query.tags) {
    const std::string is = " p WHERE p.owner_id = d.object_id AND p.field = 'tags' AND p.name = " + s.parameter(key) +
                           " AND p.string_value = " + s.parameter(value) + "))";
    sql += " AND ((d.kind = 'model' AND EXISTS (SELECT 1 FROM model_properties" + is +
           " OR (d.kind = 'experiment' AND EXISTS (SELECT 1 FROM experiment_properties" + is +
           " OR (d.kind = 'run' AND EXISTS (SELECT 1 FROM experiment_run_properties" + is + ")";
  }
  for (const MetricTerm& term : query.metrics) sql += metric_condition(s, term);
  return sql;
}

constexpr const char* kHit = "SELECT d.kind, d.object_id, d.title, d.reference, d.summary, ";

// The documents that the caller sees and the filters let through.
struct Base {
  Statement statement;
  std::string where;
};

Base base_of(const Registry::State& r, const access::Call& call, const SearchQuery& query) {
  Base out;
  Statement& s = out.statement;
  access::Visible models = r.access.visible(call, access::ObjectKind::MODEL, "d.namespace_id", "d.object_id", 1);
  s.values = std::move(models.parameters);
  access::Visible others = r.access.visible(call, access::ObjectKind::NAMESPACE, "d.namespace_id", "d.namespace_id",
                                            static_cast<int>(s.values.size()) + 1);
  s.values.insert(s.values.end(), others.parameters.begin(), others.parameters.end());
  out.where = "((d.kind = 'model' AND " + models.sql + ") OR (d.kind <> 'model' AND " + others.sql + "))";
  out.where += filters(s, query);
  return out;
}

Result<std::vector<HitRow>> latest(store::Tx& tx, const Base& base, std::int64_t most) {
  Statement s = base.statement;
  const std::string sql = std::string(kHit) + "CAST(0 AS DOUBLE PRECISION) FROM documents d WHERE " + base.where +
                          " ORDER BY d.update_time DESC LIMIT " + s.parameter(most);
  return store::rows_as<HitRow>(SOUK_TRY(tx.run(sql, s.values)));
}

// Those called so, however their name puts the words together: neither database finds one among very many that have
// them.
Result<std::vector<HitRow>> called(store::Tx& tx, const Base& base, const std::vector<std::string>& words,
                                   std::int64_t most) {
  Statement s = base.statement;
  std::string names;
  for (const std::string_view between : {"-", " ", "_", ".", "/", ""}) {
    std::string name;
    for (const std::string& word : words) name.append(name.empty() ? "" : between).append(word);
    names += (names.empty() ? "" : ", ") + s.parameter(std::move(name));
  }
  const std::string sql = std::string(kHit) + "CAST(3 AS DOUBLE PRECISION) FROM documents d WHERE lower(d.title) IN (" +
                          names + ") AND " + base.where + " ORDER BY d.id DESC LIMIT " + s.parameter(most);
  return store::rows_as<HitRow>(SOUK_TRY(tx.run(sql, s.values)));
}

// PostgreSQL: ranked among all that match.
Result<std::vector<HitRow>> ranked(store::Tx& tx, const Base& base, const std::string& match, std::int64_t most) {
  Statement s = base.statement;
  const std::string query = "to_tsquery('simple', " + s.parameter(match) + ")";
  const std::string sql = std::string(kHit) + "CAST(ts_rank(d.words, " + query +
                          ") AS DOUBLE PRECISION) AS score FROM documents d WHERE " + base.where + " AND d.words @@ " +
                          query + " ORDER BY score DESC, d.id LIMIT " + s.parameter(most);
  return store::rows_as<HitRow>(SOUK_TRY(tx.run(sql, s.values)));
}

// How much of a title the words are: 1 is all of it. One that only begins a word of it counts half.
double likeness(const std::string& title, const std::vector<std::string>& words) {
  const std::vector<std::string> there = words_of(title);
  double found = 0;
  for (const std::string& word : words) found += std::ranges::find(there, word) != there.end() ? 1 : 0.5;
  return found / static_cast<double>(std::max(there.size(), words.size()));
}

// SQLite: the latest documents whose name has the words, those with the fewest words beside them first; then the latest
// that have them anywhere. FTS5's own rank reads every document of each word.
Result<std::vector<HitRow>> named_first(store::Tx& tx, const Base& base, const std::string& match,
                                        const std::vector<std::string>& words, std::size_t most) {
  std::vector<HitRow> hits;
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (const bool in_name : {true, false}) {
    if (hits.size() >= most) break;
    Statement s = base.statement;
    const std::string text = s.parameter(in_name ? "{name} : (" + match + ")" : match);
    const std::string sql =
        std::string(kHit) +
        "0.5 FROM documents_text CROSS JOIN documents d ON d.id = documents_text.rowid WHERE documents_text MATCH " +
        text + " AND " + base.where + " ORDER BY documents_text.rowid DESC LIMIT " +
        s.parameter(static_cast<std::int64_t>(in_name ? std::max(kCandidates, most) : most + hits.size()));
    for (HitRow& hit : SOUK_TRY(store::rows_as<HitRow>(SOUK_TRY(tx.run(sql, s.values))))) {
      if (!seen.emplace(hit.kind, hit.id).second) continue;
      if (in_name) hit.score = 1 + likeness(hit.title, words);
      hits.push_back(std::move(hit));
    }
  }
  std::ranges::stable_sort(hits, std::greater(), &HitRow::score);
  if (hits.size() > most) hits.resize(most);
  return hits;
}

}  // namespace

struct Search::State {
  explicit State(const std::shared_ptr<Registry::State>& registry) : registry(registry), indexer(registry) {}
  std::shared_ptr<Registry::State> registry;
  Indexer indexer;
};

Search::Search(Registry& registry) : state_(std::make_unique<State>(registry.state_)) {}
Search::~Search() = default;

Status Search::start() {
  return state_->indexer.start();
}

void Search::stop() {
  state_->indexer.stop();
}

Result<std::size_t> Search::catch_up() {
  return state_->indexer.catch_up();
}

Result<SearchAnswer> Search::find(const access::Call& call, std::string_view text, std::size_t most) {
  if (most < 1 || most > kMaxHits) return invalid_argument("page_size is 1 to 100").at("page_size");
  const SearchQuery query = SOUK_TRY(parse_search(text));
  Registry::State& r = *state_->registry;
  return r.store.read([&](store::Tx& tx) -> Result<SearchAnswer> {
    SearchAnswer out;
    const Base base = base_of(r, call, query);
    const auto limit = static_cast<std::int64_t>(most);
    std::vector<HitRow> hits;
    if (query.words.empty()) {
      hits = SOUK_TRY(latest(tx, base, limit));
    } else {
      const std::string match = match_text(SOUK_TRY(spelled(tx, query.words, out.corrected)), r.store.dialect());
      const bool sqlite = r.store.dialect() == store::Dialect::sqlite;
      hits = SOUK_TRY(called(tx, base, query.words, limit));
      const std::size_t exact = hits.size();
      for (HitRow& row :
           SOUK_TRY(sqlite ? named_first(tx, base, match, query.words, most) : ranked(tx, base, match, limit))) {
        const auto same = [&](const HitRow& hit) { return hit.kind == row.kind && hit.id == row.id; };
        if (std::none_of(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(exact), same))
          hits.push_back(std::move(row));
      }
      if (hits.size() > most) hits.resize(most);
    }
    for (HitRow& row : hits)
      out.hits.push_back({std::move(row.kind), row.id, std::move(row.title), std::move(row.reference),
                          std::move(row.summary), row.score});
    return out;
  });
}

}  // namespace souk::registry
