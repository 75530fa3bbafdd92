-- Users with passwords, service accounts, teams with members; who owns a namespace; keys with scopes; web sessions.
-- state: ACTIVE or DISABLED. namespace_id: of a service account, the namespace that it belongs to. password: argon2id in
-- its encoded form (PHC string format); NULL: none, nobody signs in with one.
ALTER TABLE principals ADD COLUMN display_name {{text}} NOT NULL DEFAULT '';
ALTER TABLE principals ADD COLUMN state {{text}} NOT NULL DEFAULT 'ACTIVE';
ALTER TABLE principals ADD COLUMN namespace_id BIGINT REFERENCES namespaces (id);
ALTER TABLE principals ADD COLUMN password {{text}};
ALTER TABLE principals ADD COLUMN sign_in_time BIGINT;
CREATE INDEX principals_kind ON principals (kind, name);
CREATE INDEX principals_namespace ON principals (namespace_id);

-- role: of the member on the team's namespaces; ADMIN and OWNER also manage its members.
CREATE TABLE team_members (
  team_id BIGINT NOT NULL REFERENCES principals (id),
  member_id BIGINT NOT NULL REFERENCES principals (id),
  role {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (team_id, member_id)
);
CREATE INDEX team_members_member ON team_members (member_id, team_id);

-- owner_id: a user or a team; NULL: nobody's own, as `default`.
ALTER TABLE namespaces ADD COLUMN owner_id BIGINT REFERENCES principals (id);
CREATE INDEX namespaces_owner ON namespaces (owner_id);

-- actor: who granted it. object_name: "namespace/slug" of the object, for showing.
ALTER TABLE grants ADD COLUMN actor {{text}} NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN object_name {{text}} NOT NULL DEFAULT '';
DELETE FROM grants WHERE id NOT IN (SELECT MIN(id) FROM grants GROUP BY principal_id, namespace_id, kind, object_id);
CREATE UNIQUE INDEX grants_once ON grants (namespace_id, COALESCE(kind, ''), object_id, COALESCE(principal_id, 0));

-- scopes: JSON list of {actions (a bit an action), namespace_id, kind, object_id, name}; empty: everything.
ALTER TABLE api_keys ADD COLUMN scopes {{text}} NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN default_namespace {{text}} NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN replaced_by BIGINT;
{{sqlite}} UPDATE api_keys SET scopes = (SELECT '[' || group_concat('{"actions":' || b.bits || ',"namespace_id":' || j.value || '}') || ']'
  FROM json_each(api_keys.namespace_ids) j,
    (SELECT CASE api_keys.role WHEN 'READER' THEN 1 WHEN 'EXECUTOR' THEN 3 WHEN 'WRITER' THEN 7 WHEN 'ADMIN' THEN 15 ELSE 31 END AS bits) b)
  WHERE namespace_ids <> '[]';
{{postgresql}} UPDATE api_keys SET scopes = (SELECT '[' || string_agg('{"actions":' || CASE api_keys.role WHEN 'READER' THEN '1' WHEN 'EXECUTOR' THEN '3' WHEN 'WRITER' THEN '7' WHEN 'ADMIN' THEN '15' ELSE '31' END || ',"namespace_id":' || j.value || '}', ',') || ']'
  FROM json_array_elements_text(CAST(api_keys.namespace_ids AS json)) j)
  WHERE namespace_ids <> '[]';
UPDATE api_keys SET scopes = '[{"actions":' || CASE role WHEN 'READER' THEN '1' WHEN 'EXECUTOR' THEN '3' WHEN 'WRITER' THEN '7' ELSE '15' END || '}]'
  WHERE namespace_ids = '[]' AND role <> 'OWNER';
ALTER TABLE api_keys DROP COLUMN role;
ALTER TABLE api_keys DROP COLUMN namespace_ids;

-- hash: SHA-256 of the cookie's token.
CREATE TABLE sessions (
  id {{id}},
  hash {{text}} NOT NULL UNIQUE,
  principal_id BIGINT NOT NULL REFERENCES principals (id),
  create_time BIGINT NOT NULL,
  last_use_time BIGINT NOT NULL,
  expire_time BIGINT NOT NULL,
  address {{text}} NOT NULL,
  user_agent {{text}} NOT NULL
);
CREATE INDEX sessions_principal ON sessions (principal_id, id);
CREATE INDEX sessions_expire ON sessions (expire_time);

-- Links that set a password once. principal_id NULL: of the set-up, whose bearer names the first administrator.
CREATE TABLE password_links (
  hash {{text}} PRIMARY KEY,
  principal_id BIGINT REFERENCES principals (id),
  create_time BIGINT NOT NULL,
  expire_time BIGINT NOT NULL
);
CREATE INDEX password_links_principal ON password_links (principal_id);
