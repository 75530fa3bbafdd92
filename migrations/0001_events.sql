-- The ordered log of what happened. On PostgreSQL `xid` is the transaction that wrote the row: readers take only
-- rows of transactions below every one still running, ordered by (xid, sequence).
CREATE TABLE events (
  sequence {{id}},
  xid {{xid}},
  type {{text}} NOT NULL,
  time BIGINT NOT NULL,
  namespace_id BIGINT NOT NULL,
  namespace {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  object_id BIGINT NOT NULL,
  name {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  trace_id {{text}} NOT NULL,
  data {{text}} NOT NULL
);

{{postgresql}} CREATE INDEX events_by_xid ON events (xid, sequence);
CREATE INDEX events_by_object ON events (kind, object_id, sequence);
