INSERT INTO registered_models (uid, namespace_id, slug, name, description, readme, owner, state, tags, custom_properties, create_time, update_time, revision, external_id, maturity, provider, logo, license, license_link, library_name, language, tasks, last_number)
VALUES ('01a1fe0d-3ff2-7000-977d-' || :n, 1, 'bench-' || :n, 'bench-' || :n, '', '', '', 'LIVE', '{}', '{}', 1795263643634, 1795263643634, 1, NULL, '', '', '', '', '', '', '[]', '[]', 0) ON CONFLICT DO NOTHING RETURNING id;
INSERT INTO resources (kind, object_id, namespace_id) VALUES ('MODEL', last_insert_rowid(), 1);
INSERT INTO events (type, time, namespace_id, namespace, kind, object_id, name, actor, trace_id, data)
VALUES ('model.created', 1795263643634, 1, 'default', 'model', :n, 'bench-' || :n, 'anonymous', 'd07d0b00f7ad729b395ae00875a7ee85', '{}');
INSERT INTO audit_events (time, first_time, count, actor, actor_id, credential, address, action, outcome, namespace, kind, object_id, object, trace_id, detail)
VALUES (1795263643634, 1795263643634, 1, 'anonymous', 0, '', '127.0.0.1', 'model.created', 'DONE', 'default', 'model', :n, 'bench-' || :n, 'd07d0b00f7ad729b395ae00875a7ee85', '{}');
