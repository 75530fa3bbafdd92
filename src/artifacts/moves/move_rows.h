// SPDX-License-Identifier: Apache-2.0
//
// The rows of moves: migrations/…_blob_moves.sql.
#pragma once

#include "artifacts/moves/moves.h"

namespace souk::artifacts {

// The one that says where bytes are: those that were cancelled say nothing.
Result<std::optional<BlobMove>> last_move(store::Tx& tx);
Result<std::optional<BlobMove>> find_move(store::Tx& tx, BlobMoveId id);
Result<std::vector<BlobMove>> list_moves(store::Tx& tx);
// With what is to be moved counted; every blob that is kept.
Result<BlobMove> insert_move(store::Tx& tx, const std::string& source, const std::string& target, BlobMoveState state);
// False: it is not COPYING any more.
Result<bool> update_progress(store::Tx& tx, const BlobMove& move);
Status update_state(store::Tx& tx, BlobMoveId id, BlobMoveState state, const std::string& error);

// Which nodes read both places.
Status insert_node(store::Tx& tx, BlobMoveId id, NodeId node);
Result<std::vector<NodeId>> list_nodes(store::Tx& tx, BlobMoveId id);

struct BlobRow {
  Digest digest;
  std::int64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(BlobRow, (), (digest, size))

// Rows of blobs in order, after the digest.
Result<std::vector<BlobRow>> list_blobs(store::Tx& tx, const std::string& after, std::int64_t count);
// Whether a repository or a holder says that the bytes are kept: more than a claim.
Result<bool> is_needed(store::Tx& tx, const Digest& digest);

}  // namespace souk::artifacts
