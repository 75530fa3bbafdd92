-- Who is told of events, and what was told to whom.
-- events: a JSON list of patterns. old_secret signs beside secret until old_secret_end. active 0: nothing is sent;
-- pause_reason says why when it was not somebody's wish. failing_since: the first of the attempts that failed since one
-- succeeded. cursor: the event up to which there are deliveries, moved in the transaction that makes them.
CREATE TABLE webhooks (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  name {{text}} NOT NULL,
  url {{text}} NOT NULL,
  events {{text}} NOT NULL,
  description {{text}} NOT NULL,
  secret {{text}} NOT NULL,
  old_secret {{text}} NOT NULL,
  old_secret_end BIGINT,
  active BIGINT NOT NULL,
  pause_reason {{text}} NOT NULL,
  failing_since BIGINT,
  failures BIGINT NOT NULL,
  last_error {{text}} NOT NULL,
  cursor {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (namespace_id, name)
);

-- lane: the object that it is about; of a lane one at a time is sent, in order of ids. item_id: the work item that may
-- send it; 0: it waits for its turn. event_cursor is empty for a test.
CREATE TABLE webhook_deliveries (
  id {{id}},
  webhook_id BIGINT NOT NULL REFERENCES webhooks (id),
  message_id {{text}} NOT NULL,
  event_cursor {{text}} NOT NULL,
  type {{text}} NOT NULL,
  lane {{text}} NOT NULL,
  body {{text}} NOT NULL,
  state {{text}} NOT NULL,
  attempts BIGINT NOT NULL,
  next_time BIGINT,
  response_code BIGINT,
  response_excerpt {{text}} NOT NULL,
  error {{text}} NOT NULL,
  duration_ms DOUBLE PRECISION,
  redelivery_of BIGINT,
  item_id BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, id);

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, lane, id) WHERE state = 'PENDING';

CREATE INDEX webhook_deliveries_time ON webhook_deliveries (create_time);
