-- What a model with five properties is written as, for pgbench (PostgreSQL 15).
\set n random(1, 9000000000000000000)
BEGIN;
INSERT INTO registered_models (uid, namespace_id, slug, name, description, readme, owner, state, tags, custom_properties, create_time, update_time, revision, external_id, maturity, provider, logo, license, license_link, library_name, language, tasks, last_number)
VALUES ('plain-' || CAST(:n AS TEXT), 1, 'plain-' || CAST(:n AS TEXT), 'plain-' || CAST(:n AS TEXT), 'the model number', '', '', 'LIVE', '{}', '{"team":"team-7","framework":"onnx","accuracy": 0.007,"epochs": 7,"good": true}', 1795263643634, 1795263643634, 1, NULL, '', '', '', '', '', '', '[]', '[]', 0) ON CONFLICT DO NOTHING RETURNING id \gset
INSERT INTO model_properties (owner_id, field, name, string_value, int_value, double_value, bool_value) VALUES (:id, 'custom_properties', 'team', 'team-7', NULL, NULL, NULL), (:id, 'custom_properties', 'framework', 'onnx', NULL, NULL, NULL), (:id, 'custom_properties', 'accuracy', NULL, NULL, 0.007, NULL), (:id, 'custom_properties', 'epochs', NULL, 7, NULL, NULL), (:id, 'custom_properties', 'good', NULL, NULL, NULL, 1);
INSERT INTO resources (kind, object_id, namespace_id) VALUES ('MODEL', :id, 1);
INSERT INTO events (type, time, namespace_id, namespace, kind, object_id, name, actor, trace_id, data)
VALUES ('model.created', 1795263643634, 1, 'default', 'model', :id, 'plain-' || CAST(:n AS TEXT), 'anonymous', 'd07d0b00f7ad729b395ae00875a7ee85', '{}');
INSERT INTO audit_events (time, first_time, count, actor, actor_id, credential, address, action, outcome, namespace, kind, object_id, object, trace_id, detail)
VALUES (1795263643634, 1795263643634, 1, 'anonymous', 0, '', '127.0.0.1', 'model.created', 'DONE', 'default', 'model', :id, 'plain-' || CAST(:n AS TEXT), 'd07d0b00f7ad729b395ae00875a7ee85', '{}');
COMMIT;
