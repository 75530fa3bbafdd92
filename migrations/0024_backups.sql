-- Backups that were made of this database, as `souk backup` noted them: what a server can say of them, which sees their
-- place only if it is on its own machine. verify_time, damage: when one was last read whole, and what was found wrong.
CREATE TABLE backups (
  machine {{text}} NOT NULL,
  place {{text}} NOT NULL,
  name {{text}} NOT NULL,
  time BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  blobs BIGINT NOT NULL,
  blob_bytes BIGINT NOT NULL,
  copied_bytes BIGINT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL,
  lost BIGINT NOT NULL,
  verify_time BIGINT,
  damage {{text}},
  PRIMARY KEY (machine, place, name)
);

CREATE INDEX backups_time ON backups (time);
