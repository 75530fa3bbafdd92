-- Registered models, versions, aliases. last_number is the highest version number ever given: none comes twice.

CREATE TABLE registered_models (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  slug {{text}} NOT NULL,
  name {{text}} NOT NULL,
  description {{text}} NOT NULL,
  readme {{text}} NOT NULL,
  owner {{text}} NOT NULL,
  state {{text}} NOT NULL,
  tags {{text}} NOT NULL,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  last_number BIGINT NOT NULL,
  UNIQUE (namespace_id, slug),
  UNIQUE (namespace_id, name)
);

CREATE INDEX registered_models_update_time ON registered_models (update_time, id);

CREATE INDEX registered_models_namespace ON registered_models (namespace_id, update_time, id);

CREATE TABLE model_versions (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  number BIGINT NOT NULL,
  name {{text}} NOT NULL,
  description {{text}} NOT NULL,
  author {{text}} NOT NULL,
  state {{text}} NOT NULL,
  uri {{text}},
  sealed_digest {{text}},
  format {{text}} NOT NULL,
  runtime {{text}} NOT NULL,
  missing {{text}} NOT NULL,
  size_bytes BIGINT NOT NULL,
  signature {{text}},
  declaration {{text}},
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  seal_time BIGINT,
  revision BIGINT NOT NULL,
  UNIQUE (model_id, number),
  UNIQUE (model_id, name)
);

CREATE INDEX model_versions_digest ON model_versions (model_id, sealed_digest);

CREATE TABLE aliases (
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  name {{text}} NOT NULL,
  version_id BIGINT NOT NULL REFERENCES model_versions (id),
  actor {{text}} NOT NULL,
  update_time BIGINT NOT NULL,
  PRIMARY KEY (model_id, name)
);

CREATE INDEX aliases_version ON aliases (version_id);

-- version NULL: the alias was removed.
CREATE TABLE alias_changes (
  id {{id}},
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  name {{text}} NOT NULL,
  version BIGINT,
  actor {{text}} NOT NULL,
  time BIGINT NOT NULL
);

CREATE INDEX alias_changes_alias ON alias_changes (model_id, name, id);

-- Index of `tags` and `custom_properties`: one row a value that a filter may name, in the column of its type.
CREATE TABLE model_properties (
  owner_id BIGINT NOT NULL REFERENCES registered_models (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX model_properties_name ON model_properties (field, name, owner_id);

CREATE TABLE model_version_properties (
  owner_id BIGINT NOT NULL REFERENCES model_versions (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX model_version_properties_name ON model_version_properties (field, name, owner_id);
