// SPDX-License-Identifier: Apache-2.0
#include "registry/search/search.h"

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "registry/search/documents.h"
#include "registry/search/query.h"
#include "registry/search/words.h"

namespace souk::registry {

namespace {

constexpr std::chrono::milliseconds kGather{250};
constexpr std::size_t kEventsAtOnce = 500;
constexpr std::size_t kMaxKnown = 1'000'000;
constexpr std::size_t kMaxHits = 100;
constexpr std::size_t kMaxCorrections = 5;
constexpr std::chrono::seconds kRetry{5};

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

// What each word may be: itself at the beginning of a word, or corrections when nothing begins so.
Result<std::vector<std::vector<std::string>>> spelled(store::Tx& tx, const std::vector<std::string>& words,
                                                      std::vector<std::string>& corrected) {
  std::vector<std::vector<std::string>> out;
  for (const std::string& word : words) {
    const auto known = SOUK_TRY(tx.scalar<std::string>(
        "SELECT word FROM search_words WHERE word >= $1 AND word < $2 LIMIT 1", word, word + "\U0010FFFF"));
    if (known) {
      out.push_back({word});
      continue;
    }
    out.push_back(SOUK_TRY(corrections(tx, word)));
    if (out.back().empty()) {
      out.back() = {word};
    } else {
      corrected.push_back(word + " → " + out.back().front());
    }
  }
  return out;
}

// The database's own form: FTS5's MATCH, PostgreSQL's to_tsquery. Words hold no character that either gives a meaning.
std::string match_text(const std::vector<std::vector<std::string>>& words, store::Dialect dialect) {
  const bool sqlite = dialect == store::Dialect::sqlite;
  std::string out;
  for (const auto& choices : words) {
    std::string one;
    for (const std::string& word : choices) {
      if (!one.empty()) one += sqlite ? " OR " : " | ";
      one += sqlite ? "\"" + word + "\" *" : "'" + word + "':*";
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

}  // namespace

struct Search::State {
  explicit State(std::shared_ptr<Registry::State> registry) : registry(std::move(registry)) {}

  void run(std::stop_token stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      rang = false;
      lock.unlock();
      Result<std::size_t> done = catch_up();
      lock.lock();
      if (done && *done > 0) {
        // What changes meanwhile goes with it: a commit for each change would take turns with those who make them.
        if (*done < kEventsAtOnce) wake.wait_for(lock, stop, kGather, [] { return false; });
        continue;
      }
      if (!done && done.error().code != Code::failed_precondition)
        registry->log.warn("registry", "the search index is behind", {{"why", done.error().describe()}});
      if (done) {
        wake.wait(lock, stop, [this] { return rang; });
      } else {
        wake.wait_for(lock, stop, kRetry, [] { return false; });
      }
    }
  }

  Result<std::size_t> catch_up() {
    const std::string from = SOUK_TRY(registry->store.read([](store::Tx& tx) {
                               return tx.scalar<std::string>("SELECT cursor FROM search_position WHERE id = 1");
                             })).value_or("");
    const events::Filter filter{
        .types = {"model.*", "version.*", "experiment.*", "run.created", "run.updated", "run.deleted"}, .visible = {}};
    const events::Page page = SOUK_TRY(registry->events.read(from, filter, kEventsAtOnce));
    if (page.cursor == from) return 0;
    Changed changed;
    for (const events::Event& event : page.events) changed.add(event);
    KnownWords fresh;
    SOUK_TRY(registry->store.write([&](store::Tx& tx) -> Status {
      fresh.clear();
      // Of two nodes that read the same events one writes.
      if (SOUK_TRY(tx.exec("UPDATE search_position SET cursor = $1 WHERE id = 1 AND cursor = $2", page.cursor, from)) ==
          0)
        return failed_precondition("another node writes the search index");
      return changed.empty() ? Status() : write_documents(tx, changed, known, fresh);
    }));
    if (known.size() + fresh.size() > kMaxKnown) known.clear();
    known.merge(fresh);
    return page.events.size() + (page.more ? 1 : 0);
  }

  std::shared_ptr<Registry::State> registry;
  KnownWords known;  // of the writing thread
  std::mutex mutex;
  std::condition_variable_any wake;
  bool rang = false;
  events::Subscription subscription;
  std::jthread thread;
};

Search::Search(Registry& registry) : state_(std::make_unique<State>(registry.state_)) {}
Search::~Search() {
  stop();
}

Status Search::start() {
  State& s = *state_;
  s.subscription = SOUK_TRY(s.registry->events.subscribe(
      {.types = {"model.*", "version.*", "experiment.*", "run.created", "run.updated", "run.deleted"}, .visible = {}},
      [&s](const events::EventPtr&) {
        std::lock_guard lock(s.mutex);
        s.rang = true;
        s.wake.notify_all();
      }));
  s.thread = std::jthread([&s](std::stop_token stop) { s.run(stop); });
  return {};
}

void Search::stop() {
  state_->subscription.reset();
  state_->thread.request_stop();
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

Result<std::size_t> Search::catch_up() {
  return state_->catch_up();
}

Result<SearchAnswer> Search::find(const access::Call& call, std::string_view text, std::size_t most) {
  if (most < 1 || most > kMaxHits) return invalid_argument("page_size is 1 to 100").at("page_size");
  const SearchQuery query = SOUK_TRY(parse_search(text));
  Registry::State& r = *state_->registry;
  const bool sqlite = r.store.dialect() == store::Dialect::sqlite;
  return r.store.read([&](store::Tx& tx) -> Result<SearchAnswer> {
    SearchAnswer out;
    Statement s;
    access::Visible models = r.access.visible(call, access::ObjectKind::MODEL, "d.namespace_id", "d.object_id", 1);
    s.values = std::move(models.parameters);
    access::Visible others = r.access.visible(call, access::ObjectKind::NAMESPACE, "d.namespace_id", "d.namespace_id",
                                              static_cast<int>(s.values.size()) + 1);
    s.values.insert(s.values.end(), others.parameters.begin(), others.parameters.end());
    std::string sql = "SELECT d.kind, d.object_id, d.title, d.reference, d.summary, ";
    std::string where = "((d.kind = 'model' AND " + models.sql + ") OR (d.kind <> 'model' AND " + others.sql + "))";
    std::string order = "d.update_time DESC";
    if (query.words.empty()) {
      sql += "CAST(0 AS DOUBLE PRECISION) FROM documents d";
    } else {
      const auto words = SOUK_TRY(spelled(tx, query.words, out.corrected));
      const std::string match = s.parameter(match_text(words, r.store.dialect()));
      if (sqlite) {
        sql +=
            "-bm25(documents_text, 10.0, 1.0) AS score FROM documents_text JOIN documents d ON d.id = "
            "documents_text.rowid";
        where += " AND documents_text MATCH " + match;
      } else {
        sql +=
            "CAST(ts_rank(d.words, to_tsquery('simple', " + match + ")) AS DOUBLE PRECISION) AS score FROM documents d";
        where += " AND d.words @@ to_tsquery('simple', " + match + ")";
      }
      order = "score DESC, d.id";
    }
    where += filters(s, query);
    sql += " WHERE " + where + " ORDER BY " + order + " LIMIT " + s.parameter(static_cast<std::int64_t>(most));
    for (HitRow& row : SOUK_TRY(store::rows_as<HitRow>(SOUK_TRY(tx.run(sql, s.values)))))
      out.hits.push_back({std::move(row.kind), row.id, std::move(row.title), std::move(row.reference),
                          std::move(row.summary), row.score});
    return out;
  });
}

}  // namespace souk::registry
