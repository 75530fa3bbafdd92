-- Namespaces that are written to an archive, or read from one. archive: the blob that it is. source: the namespace that
-- the archive says it is of. applied: how many of its parts are in the database.
CREATE TABLE exchanges (
  id {{id}},
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  kind {{text}} NOT NULL,
  conflict {{text}} NOT NULL,
  source {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  item_id BIGINT NOT NULL,
  state {{text}} NOT NULL,
  phase {{text}} NOT NULL,
  archive {{text}},
  total_bytes BIGINT,
  done_bytes BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  applied BIGINT NOT NULL,
  created BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  error_code {{text}} NOT NULL,
  error {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

CREATE INDEX exchanges_namespace ON exchanges (namespace_id, id);

-- What an import has stored of its archive: each entry is a blob, held for it. place: its turn in the archive.
-- use: of a part: NEW, SAME (it is there already) or SKIPPED; UNKNOWN: not decided, or no part.
CREATE TABLE exchange_entries (
  exchange_id BIGINT NOT NULL REFERENCES exchanges (id),
  path {{text}} NOT NULL,
  place BIGINT NOT NULL,
  digest {{text}} NOT NULL,
  size BIGINT NOT NULL,
  use {{text}} NOT NULL,
  PRIMARY KEY (exchange_id, path)
);

CREATE INDEX exchange_entries_place ON exchange_entries (exchange_id, place);
