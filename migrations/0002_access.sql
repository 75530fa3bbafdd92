-- Who may do what. Times are milliseconds since the epoch.

CREATE TABLE namespaces (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  slug {{text}} NOT NULL UNIQUE,
  name {{text}} NOT NULL UNIQUE,
  description {{text}} NOT NULL,
  create_time BIGINT NOT NULL
);

CREATE TABLE principals (
  id {{id}},
  name {{text}} NOT NULL UNIQUE,
  kind {{text}} NOT NULL,
  default_namespace {{text}} NOT NULL,
  create_time BIGINT NOT NULL
);

-- principal_id NULL: everyone. namespace_id 0: everywhere. kind NULL: the namespace as a whole.
CREATE TABLE grants (
  id {{id}},
  principal_id BIGINT REFERENCES principals (id),
  namespace_id BIGINT NOT NULL,
  kind {{text}},
  object_id BIGINT NOT NULL,
  role {{text}} NOT NULL,
  create_time BIGINT NOT NULL
);

CREATE INDEX grants_principal ON grants (principal_id);

-- hash: SHA-256 of the key. namespace_ids: JSON list; empty: all.
CREATE TABLE api_keys (
  id {{id}},
  hash {{text}} NOT NULL UNIQUE,
  name {{text}} NOT NULL,
  prefix {{text}} NOT NULL,
  principal_id BIGINT NOT NULL REFERENCES principals (id),
  role {{text}} NOT NULL,
  namespace_ids {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  expire_time BIGINT,
  last_use_time BIGINT,
  revoke_time BIGINT
);

CREATE INDEX api_keys_principal ON api_keys (principal_id, id);

CREATE TABLE resources (
  kind {{text}} NOT NULL,
  object_id BIGINT NOT NULL,
  namespace_id BIGINT NOT NULL,
  PRIMARY KEY (kind, object_id)
);

-- The first answer to a request that carried an Idempotency-Key. hash: of the key and of the request.
CREATE TABLE idempotency_keys (
  principal_id BIGINT NOT NULL,
  key_hash {{text}} NOT NULL,
  request_hash {{text}} NOT NULL,
  result {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (principal_id, key_hash)
);

CREATE INDEX idempotency_keys_time ON idempotency_keys (create_time);

-- Keys with which this installation signs what it hands out and takes back, such as page tokens.
CREATE TABLE signing_keys (
  purpose {{text}} PRIMARY KEY,
  key {{text}} NOT NULL,
  create_time BIGINT NOT NULL
);
