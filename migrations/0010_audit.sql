-- The audit log: who did what, and what was refused. Rows are only added; audit_chain links them after their commit.
-- time and first_time: of the last and the first that `count` joins. detail: JSON.
CREATE TABLE audit_events (
  id {{id}},
  time BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  count BIGINT NOT NULL,
  actor {{text}} NOT NULL,
  actor_id BIGINT NOT NULL,
  credential {{text}} NOT NULL,
  address {{text}} NOT NULL,
  action {{text}} NOT NULL,
  outcome {{text}} NOT NULL,
  namespace {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  object_id BIGINT NOT NULL,
  object {{text}} NOT NULL,
  trace_id {{text}} NOT NULL,
  detail {{text}} NOT NULL
);
CREATE INDEX audit_events_actor ON audit_events (actor, id);
CREATE INDEX audit_events_object ON audit_events (object, id);
CREATE INDEX audit_events_time ON audit_events (time, id);
CREATE INDEX audit_events_namespace ON audit_events (namespace, id);

-- hash: of the link before and of the row (src/base/hash_chain.h).
CREATE TABLE audit_chain (
  position BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL UNIQUE,
  hash {{text}} NOT NULL
);

{{sqlite}} CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
{{sqlite}} CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
{{sqlite}} CREATE TRIGGER audit_chain_update BEFORE UPDATE ON audit_chain BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
{{sqlite}} CREATE TRIGGER audit_chain_delete BEFORE DELETE ON audit_chain BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
{{postgresql}} CREATE FUNCTION audit_is_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$ LANGUAGE plpgsql;
{{postgresql}} CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
{{postgresql}} CREATE TRIGGER audit_chain_append_only BEFORE UPDATE OR DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
{{postgresql}} CREATE TRIGGER audit_events_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
{{postgresql}} CREATE TRIGGER audit_chain_truncate BEFORE TRUNCATE ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- So that a list's walk in order reads the namespaces from the index alone.
DROP INDEX registered_models_update_time;
CREATE INDEX registered_models_update_time ON registered_models (update_time, id, namespace_id);
