-- Versions made of what lies elsewhere: an archive that was uploaded, a URL, a prefix in S3.
-- source: the digest, URL or prefix. archive: the blob that a URL became. item_id: of the durable queue.
CREATE TABLE imports (
  id {{id}},
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  source {{text}} NOT NULL,
  file_name {{text}} NOT NULL,
  folder {{text}} NOT NULL,
  tag {{text}} NOT NULL,
  aliases {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  item_id BIGINT NOT NULL,
  state {{text}} NOT NULL,
  phase {{text}} NOT NULL,
  archive {{text}},
  total_bytes BIGINT,
  done_bytes BIGINT NOT NULL,
  files BIGINT NOT NULL,
  error_code {{text}} NOT NULL,
  error {{text}} NOT NULL,
  version BIGINT,
  digest {{text}},
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

CREATE INDEX imports_model ON imports (namespace_id, model, id);

-- The files that are stored already: an import that is run again does not store them again.
CREATE TABLE import_files (
  import_id BIGINT NOT NULL,
  path {{text}} NOT NULL,
  size BIGINT NOT NULL,
  digest {{text}} NOT NULL,
  executable BIGINT NOT NULL,
  PRIMARY KEY (import_id, path)
);
