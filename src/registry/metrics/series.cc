// SPDX-License-Identifier: Apache-2.0
#include "registry/metrics/series.h"

namespace souk::registry {

namespace {

constexpr std::int64_t kMergeAt = 64;  // chunks of one level

struct Series {
  std::int64_t id = 0;
  std::int64_t points = 0;
  std::int64_t chunks = 0;
};
BOOST_DESCRIBE_STRUCT(Series, (), (id, points, chunks))

Status insert_chunk(store::Tx& tx, std::int64_t series, std::int64_t first, const std::vector<MetricPoint>& points) {
  std::optional<store::Blob> rollup;
  if (points.size() >= 4 * kGranule) rollup = store::Blob{pack(roll_up(points))};
  return tx.defer(
      "INSERT INTO metric_chunks (series_id, first, points, level, data, rollup) VALUES "
      "($1, $2, $3, $4, $5, $6)",
      series, first, points.size() == 0 ? std::int64_t{0} : static_cast<std::int64_t>(points.size()),
      level_of(points.size()), store::Blob{pack(points)}, rollup);
}

Status insert_chunks(store::Tx& tx, std::int64_t series, std::int64_t first, const std::vector<MetricPoint>& points) {
  for (std::size_t at = 0; at < points.size(); at += kChunkPoints) {
    const std::size_t end = std::min(at + kChunkPoints, points.size());
    const std::vector<MetricPoint> piece(points.begin() + static_cast<std::ptrdiff_t>(at),
                                         points.begin() + static_cast<std::ptrdiff_t>(end));
    SOUK_TRY(insert_chunk(tx, series, first + static_cast<std::int64_t>(at), piece));
  }
  return {};
}

// The newest chunks of at most `level` become one, where they are at least kMergeAt.
Status merge(store::Tx& tx, std::int64_t series, std::int64_t level) {
  const auto newest = SOUK_TRY(tx.all<ChunkRow>(
      "SELECT first, points, level, data FROM metric_chunks WHERE series_id = $1 ORDER BY first DESC LIMIT $2", series,
      2 * kMergeAt));
  std::size_t count = 0;
  while (count < newest.size() && newest[count].level <= level) ++count;
  if (count < static_cast<std::size_t>(kMergeAt)) return {};
  std::vector<MetricPoint> points;
  for (std::size_t i = count; i-- > 0;) {
    const ChunkRow& chunk = newest[i];
    for (const MetricPoint& point : SOUK_TRY(unpack(chunk.data.bytes, static_cast<std::size_t>(chunk.points))))
      points.push_back(point);
  }
  const std::int64_t first = newest[count - 1].first;
  SOUK_TRY(tx.defer("DELETE FROM metric_chunks WHERE series_id = $1 AND first >= $2", series, first));
  return insert_chunks(tx, series, first, points);
}

}  // namespace

Status append_points(store::Tx& tx, RunId run, std::string_view name, const std::vector<MetricPoint>& points) {
  const auto count = static_cast<std::int64_t>(points.size());
  const auto series = SOUK_TRY(tx.first<Series>(
      "INSERT INTO metric_series (run_id, name, points, chunks) VALUES ($1, $2, $3, 1) ON CONFLICT (run_id, name) "
      "DO UPDATE SET points = metric_series.points + excluded.points, chunks = metric_series.chunks + 1 "
      "RETURNING id, points, chunks",
      run, name, count));
  if (!series) return internal("a metric's series has no row");
  SOUK_TRY(insert_chunks(tx, series->id, series->points - count, points));
  if (series->chunks % kMergeAt != 0) return {};
  SOUK_TRY(merge(tx, series->id, 0));
  if (series->chunks % (kMergeAt * kMergeAt) == 0 || count >= static_cast<std::int64_t>(kGranule)) {
    SOUK_TRY(merge(tx, series->id, 1));
  }
  return {};
}

}  // namespace souk::registry
