-- Durable work, and who does it.

-- beats: raised as long as the node lives. Its row, and with it all that it held, goes when it stops or is dead.
ALTER TABLE nodes ADD COLUMN beats BIGINT NOT NULL DEFAULT 0;

-- node_id: who has it; free when no node has that id. token: grows each time it is taken.
CREATE TABLE leases (
  name {{text}} PRIMARY KEY,
  node_id BIGINT NOT NULL,
  token BIGINT NOT NULL,
  take_time BIGINT NOT NULL
);

-- key: NULL where the same work may be asked for twice. checkpoint: JSON, what an attempt left for the next.
-- token: grows with each attempt. alarm_time: when an item that is put off is due, one with a deadline is overdue, a
-- dead or done one may go.
CREATE TABLE work_items (
  id {{id}},
  queue {{text}} NOT NULL,
  namespace_id BIGINT NOT NULL,
  state {{text}} NOT NULL,
  priority BIGINT NOT NULL,
  key {{text}},
  payload {{text}} NOT NULL,
  checkpoint {{text}} NOT NULL,
  attempts BIGINT NOT NULL,
  error {{text}} NOT NULL,
  node_id BIGINT NOT NULL,
  token BIGINT NOT NULL,
  cancel BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  deadline BIGINT,
  alarm_time BIGINT
);

CREATE UNIQUE INDEX work_items_key ON work_items (queue, namespace_id, key) WHERE key IS NOT NULL;
CREATE INDEX work_items_waiting ON work_items (queue, namespace_id, priority DESC, id, update_time)
  WHERE state = 'WAITING';
CREATE INDEX work_items_other ON work_items (state, queue, id) WHERE state <> 'WAITING';
CREATE INDEX work_items_alarm ON work_items (alarm_time) WHERE alarm_time IS NOT NULL;
{{postgresql}}ALTER TABLE work_items SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

CREATE TABLE work_schedules (
  name {{text}} PRIMARY KEY,
  cron {{text}} NOT NULL,
  zone {{text}} NOT NULL,
  queue {{text}} NOT NULL,
  namespace_id BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  payload {{text}} NOT NULL,
  overlap BIGINT NOT NULL,
  deadline_ms BIGINT,
  next_time BIGINT NOT NULL,
  last_time BIGINT,
  last_item BIGINT NOT NULL
);
