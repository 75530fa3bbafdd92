// SPDX-License-Identifier: Apache-2.0
//
// Reading metric histories: raw pages, and curves that are fit to be drawn.
#include <algorithm>
#include <unordered_map>

#include "registry/metrics/run_log.h"
#include "registry/metrics/series.h"
#include "store/in_list.h"

namespace souk::registry {

namespace {

constexpr std::int64_t kChunksARead = 64;
constexpr std::int64_t kMaxPage = 1000;
constexpr std::size_t kMaxNames = 100;

struct SeriesChunk {
  std::int64_t series_id = 0;
  RunId run_id;
  ExperimentId experiment_id;
  std::string name;
  std::int64_t first = 0;
  std::int64_t points = 0;
  store::Blob data;
};
BOOST_DESCRIBE_STRUCT(SeriesChunk, (), (series_id, run_id, experiment_id, name, first, points, data))

struct Position {
  std::int64_t series = 0;
  std::int64_t index = -1;  // of the last point that was given
};

// The points of a page that a filter admits, asked of the database, so that there is one grammar.
class PointFilter {
 public:
  static Result<PointFilter> compile(const HistoryQuery& query, store::Dialect dialect) {
    using store::ColumnType;
    static const store::FilterSchema schema{.columns = {{"name", "p.name", ColumnType::text},
                                                        {"step", "p.step", ColumnType::integer},
                                                        {"timestamp", "p.timestamp", ColumnType::time},
                                                        {"value", "p.value", ColumnType::number}}};
    PointFilter out;
    out.none_ = query.filter.empty();
    out.condition_ = SOUK_TRY(store::compile_filter(query.filter, schema, dialect, 2));
    const std::string_view from =
        dialect == store::Dialect::sqlite
            ? "SELECT CAST(e.key AS BIGINT) AS at, e.value ->> 'n' AS name, e.value ->> 's' AS step, "
              "e.value ->> 't' AS timestamp, e.value ->> 'v' AS value FROM json_each($1) e"
            : "SELECT e.at - 1 AS at, e.value ->> 'n' AS name, CAST(e.value ->> 's' AS BIGINT) AS step, "
              "CAST(e.value ->> 't' AS BIGINT) AS timestamp, CAST(e.value ->> 'v' AS DOUBLE PRECISION) AS value "
              "FROM json_array_elements(CAST($1 AS JSON)) WITH ORDINALITY e (value, at)";
    out.sql_ = "SELECT p.at FROM (" + std::string(from) + ") p WHERE " + out.condition_.sql + " ORDER BY p.at";
    return out;
  }

  Status apply(store::Tx& tx, std::vector<HistoryPoint>& points, std::vector<Position>& positions) const {
    if (none_ || points.empty()) return {};
    std::string text;
    json::Writer out(text);
    out.begin_array();
    for (const HistoryPoint& point : points) {
      out.begin_object();
      out.key("n");
      out.value(point.name);
      out.key("s");
      out.value(point.point.step);
      out.key("t");
      out.value(to_millis(point.point.timestamp));
      out.key("v");
      out.value(point.point.value);
      out.end_object();
    }
    out.end_array();
    std::vector<store::Value> parameters{text};
    parameters.insert(parameters.end(), condition_.parameters.begin(), condition_.parameters.end());
    const store::Rows rows = SOUK_TRY(tx.run(sql_, parameters));
    std::vector<HistoryPoint> kept;
    std::vector<Position> kept_positions;
    for (const auto& row : rows.rows) {
      const auto at = static_cast<std::size_t>(SOUK_TRY(store::from_value<std::int64_t>(row.front())));
      kept.push_back(points.at(at));
      kept_positions.push_back(positions.at(at));
    }
    points = std::move(kept);
    positions = std::move(kept_positions);
    return {};
  }

 private:
  bool none_ = true;
  store::Condition condition_;
  std::string sql_;
};

// The next chunks from the position on.
Result<std::vector<SeriesChunk>> next_chunks(store::Tx& tx, const HistoryQuery& query, const Position& at) {
  std::vector<store::Value> parameters;
  const auto parameter = [&](store::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  };
  const bool down = query.newest_first;
  std::string where = "r.namespace_id = " + parameter(query.namespace_id.value);
  if (query.run_id) where += " AND s.run_id = " + parameter(query.run_id->value);
  if (query.name) where += " AND s.name = " + parameter(*query.name);
  if (at.series != 0) {
    const std::string series = parameter(at.series), index = parameter(at.index);
    where += down
                 ? " AND (s.id < " + series + " OR (s.id = " + series + " AND c.first < " + index + "))"
                 : " AND (s.id > " + series + " OR (s.id = " + series + " AND c.first + c.points - 1 > " + index + "))";
  }
  const std::string direction = down ? " DESC" : "";
  const std::string sql =
      "SELECT s.id, s.run_id, r.experiment_id, s.name, c.first, c.points, c.data FROM metric_series s "
      "JOIN experiment_runs r ON r.id = s.run_id JOIN metric_chunks c ON c.series_id = s.id WHERE " +
      where + " ORDER BY s.id" + direction + ", c.first" + direction + " LIMIT " + parameter(kChunksARead);
  return store::rows_as<SeriesChunk>(SOUK_TRY(tx.run(sql, parameters)));
}

// The chunk's points past the position that the query's steps admit.
Status take_points(const SeriesChunk& chunk, const HistoryQuery& query, const Position& from,
                   std::vector<HistoryPoint>& points, std::vector<Position>& positions) {
  const auto unpacked = SOUK_TRY(unpack(chunk.data.bytes, static_cast<std::size_t>(chunk.points)));
  const bool down = query.newest_first;
  for (std::size_t i = 0; i < unpacked.size(); ++i) {
    const std::size_t j = down ? unpacked.size() - 1 - i : i;
    const std::int64_t index = chunk.first + static_cast<std::int64_t>(j);
    const bool past = chunk.series_id != from.series || (down ? index < from.index : index > from.index);
    if (!past || (!query.steps.empty() && !query.steps.contains(unpacked[j].step))) continue;
    points.push_back({chunk.run_id, chunk.experiment_id, chunk.name, unpacked[j]});
    positions.push_back({chunk.series_id, index});
  }
  return {};
}

std::string scope_of(const HistoryQuery& query) {
  std::string scope = "metric history " + std::to_string(query.namespace_id.value) + " " +
                      (query.run_id ? std::to_string(query.run_id->value) : "-") +
                      (query.newest_first ? " down " : " up ");
  for (std::int64_t step : query.steps) scope += std::to_string(step) + ",";
  return scope + json::write(query.name.value_or("")) + query.filter;
}

struct SeriesRow {
  std::int64_t id = 0;
  std::string name;
  std::int64_t points = 0;
};
BOOST_DESCRIBE_STRUCT(SeriesRow, (), (id, name, points))

struct PackedChunk {
  std::int64_t points = 0;
  std::optional<store::Blob> data, rollup;
};
BOOST_DESCRIBE_STRUCT(PackedChunk, (), (points, data, rollup))

// Where roll-ups do, the data stays unread.
Result<std::vector<MetricPoint>> curve_of(store::Tx& tx, const SeriesRow& series, std::size_t most) {
  Downsampler out(static_cast<std::size_t>(series.points), most);
  const bool rolled = out.takes_rollups();
  const auto chunks = SOUK_TRY(
      tx.all<PackedChunk>(rolled ? "SELECT points, CASE WHEN rollup IS NULL THEN data END, rollup FROM metric_chunks "
                                   "WHERE series_id = $1 ORDER BY first"
                                 : "SELECT points, data, NULL FROM metric_chunks WHERE series_id = $1 ORDER BY first",
                          series.id));
  for (const PackedChunk& chunk : chunks) {
    const auto count = static_cast<std::size_t>(chunk.points);
    if (!chunk.rollup) {
      if (!chunk.data) return data_loss("a chunk of metric points is missing");
      for (const MetricPoint& point : SOUK_TRY(unpack(chunk.data->bytes, count))) out.add(point);
      continue;
    }
    const std::size_t granules = (count + kGranule - 1) / kGranule;
    const auto points = SOUK_TRY(unpack(chunk.rollup->bytes, 2 * granules));
    for (std::size_t i = 0; i < granules; ++i) {
      out.add_granule(points[2 * i], points[2 * i + 1], std::min(kGranule, count - i * kGranule));
    }
  }
  return out.finish();
}

}  // namespace

Result<Page<HistoryPoint>> RunLog::history(const HistoryQuery& query) const {
  if (query.page_size < 1 || query.page_size > kMaxPage) {
    return invalid_argument("page_size is " + std::to_string(query.page_size) + "; it may be 1 to 1000")
        .at("page_size");
  }
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  const std::string scope = scope_of(query);
  Position at;
  if (const auto position = SOUK_TRY(store::read_position(key, scope, query.page_token))) {
    at = {position->first, position->second};
  }
  const auto filter = SOUK_TRY(PointFilter::compile(query, state_->store.dialect()));
  const auto wanted = static_cast<std::size_t>(query.page_size);
  return state_->store.read([&](store::Tx& tx) -> Result<Page<HistoryPoint>> {
    Page<HistoryPoint> page;
    Position last = at, from = at;
    while (true) {
      const auto chunks = SOUK_TRY(next_chunks(tx, query, from));
      for (const SeriesChunk& chunk : chunks) {
        std::vector<HistoryPoint> points;
        std::vector<Position> positions;
        SOUK_TRY(take_points(chunk, query, from, points, positions));
        SOUK_TRY(filter.apply(tx, points, positions));
        for (std::size_t i = 0; i < points.size(); ++i) {
          if (page.items.size() == wanted) {
            page.next_page_token = store::position_token(key, scope, last.series, last.index);
            return page;
          }
          page.items.push_back(std::move(points[i]));
          last = positions[i];
        }
        from = {chunk.series_id, query.newest_first ? chunk.first : chunk.first + chunk.points - 1};
      }
      if (chunks.size() < static_cast<std::size_t>(kChunksARead)) return page;
    }
  });
}

Result<std::vector<RunValues>> RunLog::values(const std::vector<RunId>& runs) const {
  constexpr std::size_t kMost = 100;
  std::vector<RunValues> out(runs.size());
  if (runs.empty()) return out;
  const store::InList in(runs);
  std::unordered_map<RunId, RunValues*> by_id;
  for (std::size_t i = 0; i < runs.size(); ++i) by_id[runs[i]] = &out[i];
  const std::string sql = "SELECT " + store::columns<Artifact>() + " FROM artifacts WHERE run_id IN " + in.text() +
                          " AND kind IN ('METRIC', 'PARAMETER') ORDER BY run_id, kind, name";
  auto rows = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return tx.run(sql, in.values()); }));
  for (Artifact& artifact : SOUK_TRY(store::rows_as<Artifact>(std::move(rows)))) {
    RunValues& of = *by_id.at(*artifact.run_id);
    auto& list = artifact.kind == ArtifactKind::METRIC ? of.metrics : of.parameters;
    if (list.size() < kMost) list.push_back(std::move(artifact));
  }
  return out;
}

Result<std::vector<Curve>> RunLog::curves(const access::Authorized<ExperimentRun>& run,
                                          const std::vector<std::string>& names, std::size_t most) const {
  if (most < 2 || most > 10'000) return invalid_argument("points is 2 to 10000").at("points");
  return state_->store.read([&](store::Tx& tx) -> Result<std::vector<Curve>> {
    auto all = SOUK_TRY(tx.all<SeriesRow>(
        "SELECT id, name, points FROM metric_series WHERE run_id = $1 ORDER BY name LIMIT 1000", run->id));
    std::erase_if(
        all, [&](const SeriesRow& one) { return !names.empty() && std::ranges::find(names, one.name) == names.end(); });
    if (all.size() > kMaxNames) {
      return invalid_argument("the run has " + std::to_string(all.size()) + " metrics; name at most 100 of them")
          .at("names");
    }
    std::vector<Curve> out;
    for (const SeriesRow& series : all) {
      out.push_back({series.name, series.points, SOUK_TRY(curve_of(tx, series, most))});
    }
    return out;
  });
}

}  // namespace souk::registry
