// SPDX-License-Identifier: Apache-2.0
#include "artifacts/moves/move_rows.h"

namespace souk::artifacts {

namespace {

constexpr const char* kColumns =
    "id, source, target, state, total_blobs, total_bytes, done_blobs, done_bytes, copied_blobs, copied_bytes, damaged, "
    "error, create_time, update_time";

struct MoveRow {
  BlobMoveId id;
  std::string source, target;
  BlobMoveState state = BlobMoveState::PREPARING;
  std::int64_t total_blobs = 0, total_bytes = 0, done_blobs = 0, done_bytes = 0, copied_blobs = 0, copied_bytes = 0;
  json::Raw damaged;
  std::string error;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(MoveRow, (),
                      (id, source, target, state, total_blobs, total_bytes, done_blobs, done_bytes, copied_blobs,
                       copied_bytes, damaged, error, create_time, update_time))

struct Sums {
  std::int64_t blobs = 0, bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Sums, (), (blobs, bytes))

struct NodeRow {
  NodeId id;
};
BOOST_DESCRIBE_STRUCT(NodeRow, (), (id))

std::string select(const std::string& rest) {
  return "SELECT " + std::string(kColumns) + " FROM blob_moves " + rest;
}

Result<BlobMove> move_of(MoveRow row) {
  auto damaged = SOUK_TRY(json::read<std::vector<Digest>>(row.damaged.text));
  return BlobMove{row.id,           std::move(row.source), std::move(row.target), row.state,
                  row.total_blobs,  row.total_bytes,       row.done_blobs,        row.done_bytes,
                  row.copied_blobs, row.copied_bytes,      std::move(damaged),    std::move(row.error),
                  row.create_time,  row.update_time};
}

Result<std::optional<BlobMove>> first_of(Result<std::optional<MoveRow>> found) {
  auto row = SOUK_TRY(std::move(found));
  if (!row) return std::optional<BlobMove>();
  return std::optional(SOUK_TRY(move_of(std::move(*row))));
}

}  // namespace

Result<std::optional<BlobMove>> last_move(store::Tx& tx) {
  return first_of(tx.first<MoveRow>(select("WHERE state <> 'CANCELLED' ORDER BY id DESC LIMIT 1")));
}

Result<std::optional<BlobMove>> find_move(store::Tx& tx, BlobMoveId id) {
  return first_of(tx.first<MoveRow>(select("WHERE id = $1"), id));
}

Result<std::vector<BlobMove>> list_moves(store::Tx& tx) {
  std::vector<BlobMove> out;
  for (MoveRow& row : SOUK_TRY(tx.all<MoveRow>(select("ORDER BY id DESC LIMIT 100")))) {
    out.push_back(SOUK_TRY(move_of(std::move(row))));
  }
  return out;
}

Result<BlobMove> insert_move(store::Tx& tx, const std::string& source, const std::string& target, BlobMoveState state) {
  auto sums = SOUK_TRY(
      tx.first<Sums>("SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE delete_time = 0"));
  auto row = SOUK_TRY(tx.first<MoveRow>(
      "INSERT INTO blob_moves (source, target, state, total_blobs, total_bytes, done_blobs, done_bytes, copied_blobs, "
      "copied_bytes, damaged, error, create_time, update_time) "
      "VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, '[]', '', $6, $6) RETURNING " +
          std::string(kColumns),
      source, target, state, sums->blobs, sums->bytes, now()));
  return move_of(std::move(*row));
}

Result<bool> update_progress(store::Tx& tx, const BlobMove& move) {
  return SOUK_TRY(tx.exec("UPDATE blob_moves SET done_blobs = $2, done_bytes = $3, copied_blobs = $4, "
                          "copied_bytes = $5, damaged = $6, update_time = $7 WHERE id = $1 AND state = 'COPYING'",
                          move.id, move.done_blobs, move.done_bytes, move.copied_blobs, move.copied_bytes,
                          json::Raw{json::write(move.damaged)}, now())) > 0;
}

Status update_state(store::Tx& tx, BlobMoveId id, BlobMoveState state, const std::string& error) {
  return tx.defer("UPDATE blob_moves SET state = $2, error = $3, update_time = $4 WHERE id = $1", id, state, error,
                  now());
}

Status insert_node(store::Tx& tx, BlobMoveId id, NodeId node) {
  return tx.defer(
      "INSERT INTO blob_move_nodes (move_id, node_id) VALUES ($1, $2) ON CONFLICT (move_id, node_id) DO NOTHING", id,
      node);
}

Result<std::vector<NodeId>> list_nodes(store::Tx& tx, BlobMoveId id) {
  std::vector<NodeId> out;
  for (const NodeRow& row : SOUK_TRY(tx.all<NodeRow>("SELECT node_id FROM blob_move_nodes WHERE move_id = $1", id))) {
    out.push_back(row.id);
  }
  return out;
}

Result<std::vector<BlobRow>> list_blobs(store::Tx& tx, const std::string& after, std::int64_t count) {
  return tx.all<BlobRow>(
      "SELECT digest, size FROM blobs WHERE digest > $1 AND delete_time = 0 ORDER BY digest LIMIT $2", after, count);
}

Result<bool> is_needed(store::Tx& tx, const Digest& digest) {
  return SOUK_TRY(tx.scalar<std::int64_t>("SELECT 1 FROM repository_blobs WHERE digest = $1 UNION ALL "
                                          "SELECT 1 FROM artifact_references WHERE digest = $1 LIMIT 1",
                                          digest))
      .has_value();
}

}  // namespace souk::artifacts
