-- Moves of all bytes from one place to another. Of several the last one counts: from COPYING on bytes are written to its
-- target. damaged: JSON, the digests whose bytes are others where they lie.
CREATE TABLE blob_moves (
  id {{id}},
  source {{text}} NOT NULL,
  target {{text}} NOT NULL,
  state {{text}} NOT NULL,
  total_blobs BIGINT NOT NULL,
  total_bytes BIGINT NOT NULL,
  done_blobs BIGINT NOT NULL,
  done_bytes BIGINT NOT NULL,
  copied_blobs BIGINT NOT NULL,
  copied_bytes BIGINT NOT NULL,
  damaged {{text}} NOT NULL,
  error {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

-- Which nodes read both places: the target is written to once all that live do.
CREATE TABLE blob_move_nodes (
  move_id BIGINT NOT NULL,
  node_id BIGINT NOT NULL,
  PRIMARY KEY (move_id, node_id)
);
