-- Uploads in parts. The bytes are in the store of blobs under store_id; which parts there are, is here.
-- digest: said at creation, or what the upload became. state OPEN or COMPLETED.
CREATE TABLE part_uploads (
  id {{text}} PRIMARY KEY,
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  store_id {{text}} NOT NULL,
  state {{text}} NOT NULL,
  size BIGINT NOT NULL,
  part_size BIGINT NOT NULL,
  digest {{text}},
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

CREATE INDEX part_uploads_repository ON part_uploads (namespace_id, model, create_time);

CREATE INDEX part_uploads_update_time ON part_uploads (update_time);

-- tag: what the store of blobs calls the part.
CREATE TABLE upload_parts (
  upload {{text}} NOT NULL,
  number BIGINT NOT NULL,
  size BIGINT NOT NULL,
  checksum {{text}} NOT NULL,
  tag {{text}} NOT NULL,
  PRIMARY KEY (upload, number)
);
