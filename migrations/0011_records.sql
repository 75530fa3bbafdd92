-- What the logical model keeps beside models and versions: their cards, artifacts, experiments with runs and metrics,
-- environments, inference services and what became of them.

ALTER TABLE registered_models ADD COLUMN external_id {{text}};
ALTER TABLE registered_models ADD COLUMN maturity {{text}} NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN language {{text}} NOT NULL DEFAULT '[]';
ALTER TABLE registered_models ADD COLUMN tasks {{text}} NOT NULL DEFAULT '[]';
ALTER TABLE registered_models ADD COLUMN provider {{text}} NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN logo {{text}} NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN license {{text}} NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN license_link {{text}} NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN library_name {{text}} NOT NULL DEFAULT '';
ALTER TABLE model_versions ADD COLUMN external_id {{text}};

CREATE UNIQUE INDEX registered_models_external ON registered_models (namespace_id, external_id);

CREATE INDEX model_versions_external ON model_versions (external_id);

-- Numbers of versions that were deleted: none comes twice.
CREATE TABLE spent_numbers (
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  number BIGINT NOT NULL,
  PRIMARY KEY (model_id, number)
);

CREATE TABLE experiments (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  slug {{text}} NOT NULL,
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  owner {{text}} NOT NULL,
  state {{text}} NOT NULL,
  tags {{text}} NOT NULL,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (namespace_id, slug),
  UNIQUE (namespace_id, name),
  UNIQUE (namespace_id, external_id)
);

CREATE INDEX experiments_update_time ON experiments (namespace_id, update_time, id);

-- A run's name is not unique here: some doors demand it and look first.
CREATE TABLE experiment_runs (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  experiment_id BIGINT NOT NULL REFERENCES experiments (id),
  parent_run_id BIGINT REFERENCES experiment_runs (id),
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  owner {{text}} NOT NULL,
  status {{text}} NOT NULL,
  state {{text}} NOT NULL,
  start_time BIGINT,
  end_time BIGINT,
  tags {{text}} NOT NULL,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (namespace_id, external_id)
);

CREATE INDEX experiment_runs_name ON experiment_runs (experiment_id, name);

CREATE INDEX experiment_runs_update_time ON experiment_runs (experiment_id, update_time, id);

CREATE INDEX experiment_runs_namespace ON experiment_runs (namespace_id, id);

CREATE INDEX experiment_runs_parent ON experiment_runs (parent_run_id);

-- kind MODEL, DOC, DATASET, METRIC or PARAMETER; what a kind does not have is NULL. model_id is that of the version.
-- held: the manifest here that it stands for, as NAMESPACE/MODEL@DIGEST.
CREATE TABLE artifacts (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  model_id BIGINT REFERENCES registered_models (id),
  version_id BIGINT REFERENCES model_versions (id),
  experiment_id BIGINT REFERENCES experiments (id),
  run_id BIGINT REFERENCES experiment_runs (id),
  kind {{text}} NOT NULL,
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  state {{text}} NOT NULL,
  uri {{text}},
  held {{text}},
  model_format_name {{text}},
  model_format_version {{text}},
  storage_key {{text}},
  storage_path {{text}},
  service_account_name {{text}},
  model_source_kind {{text}},
  model_source_class {{text}},
  model_source_group {{text}},
  model_source_id {{text}},
  model_source_name {{text}},
  digest {{text}},
  source_type {{text}},
  source {{text}},
  schema {{text}},
  profile {{text}},
  value DOUBLE PRECISION,
  step BIGINT,
  timestamp BIGINT,
  text_value {{text}},
  parameter_type {{text}},
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (version_id, kind, name),
  UNIQUE (run_id, kind, name),
  UNIQUE (namespace_id, kind, external_id)
);

CREATE INDEX artifacts_namespace ON artifacts (namespace_id, id);

CREATE INDEX artifacts_model ON artifacts (model_id);

CREATE INDEX artifacts_experiment ON artifacts (experiment_id);

-- Every value that a metric of a run ever had, packed. level: how often its points were merged; docs in
-- src/registry/metrics/chunk.h.
CREATE TABLE metric_series (
  id {{id}},
  run_id BIGINT NOT NULL REFERENCES experiment_runs (id),
  name {{text}} NOT NULL,
  points BIGINT NOT NULL,
  chunks BIGINT NOT NULL,
  UNIQUE (run_id, name)
);

CREATE TABLE metric_chunks (
  series_id BIGINT NOT NULL REFERENCES metric_series (id),
  first BIGINT NOT NULL,
  points BIGINT NOT NULL,
  level BIGINT NOT NULL,
  data {{blob}} NOT NULL,
  rollup {{blob}},
  PRIMARY KEY (series_id, first)
);

CREATE TABLE environments (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (namespace_id, name),
  UNIQUE (namespace_id, external_id)
);

-- deployment_id: the deployment that it owns.
CREATE TABLE inference_services (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  environment_id BIGINT NOT NULL REFERENCES environments (id),
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  version_id BIGINT REFERENCES model_versions (id),
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  runtime {{text}} NOT NULL,
  desired_state {{text}} NOT NULL,
  deployment_id BIGINT,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (environment_id, name),
  UNIQUE (namespace_id, external_id)
);

CREATE INDEX inference_services_model ON inference_services (model_id);

CREATE INDEX inference_services_version ON inference_services (version_id);

CREATE INDEX inference_services_deployment ON inference_services (deployment_id);

-- revision_id: of the deployment, where souk itself wrote the row.
CREATE TABLE serve_models (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  inference_service_id BIGINT NOT NULL REFERENCES inference_services (id),
  version_id BIGINT NOT NULL REFERENCES model_versions (id),
  name {{text}} NOT NULL,
  external_id {{text}},
  description {{text}} NOT NULL,
  last_known_state {{text}} NOT NULL,
  revision_id BIGINT,
  custom_properties {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  UNIQUE (inference_service_id, name),
  UNIQUE (namespace_id, external_id)
);

CREATE INDEX serve_models_version ON serve_models (version_id);

CREATE TABLE experiment_properties (
  owner_id BIGINT NOT NULL REFERENCES experiments (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX experiment_properties_name ON experiment_properties (field, name, owner_id);

CREATE TABLE experiment_run_properties (
  owner_id BIGINT NOT NULL REFERENCES experiment_runs (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX experiment_run_properties_name ON experiment_run_properties (field, name, owner_id);

CREATE TABLE artifact_properties (
  owner_id BIGINT NOT NULL REFERENCES artifacts (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX artifact_properties_name ON artifact_properties (field, name, owner_id);

CREATE TABLE environment_properties (
  owner_id BIGINT NOT NULL REFERENCES environments (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX environment_properties_name ON environment_properties (field, name, owner_id);

CREATE TABLE inference_service_properties (
  owner_id BIGINT NOT NULL REFERENCES inference_services (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX inference_service_properties_name ON inference_service_properties (field, name, owner_id);

CREATE TABLE serve_model_properties (
  owner_id BIGINT NOT NULL REFERENCES serve_models (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
);

CREATE INDEX serve_model_properties_name ON serve_model_properties (field, name, owner_id);

-- What came of what: source and target are nodes such as run:5, artifact:7, version:3, alias:2@champion, deployment:1.
-- An edge outlives what it tells of.
CREATE TABLE edges (
  source {{text}} NOT NULL,
  target {{text}} NOT NULL,
  relation {{text}} NOT NULL,
  namespace_id BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (source, target, relation)
);

CREATE INDEX edges_target ON edges (target, source);

-- What a search looks through, written after the event of the change. name and body are words: lower case, one space
-- between them; on SQLite they are in documents_text, by the document's id. reference is how the object is called in
-- commands.
CREATE TABLE documents (
  id {{id}},
  kind {{text}} NOT NULL,
  object_id BIGINT NOT NULL,
  namespace_id BIGINT NOT NULL,
  title {{text}} NOT NULL,
  reference {{text}} NOT NULL,
  summary {{text}} NOT NULL,
  name {{text}} NOT NULL,
  body {{text}} NOT NULL,
  update_time BIGINT NOT NULL,
  UNIQUE (kind, object_id)
);

{{sqlite}} CREATE VIRTUAL TABLE documents_text USING fts5 (name, body, tokenize='unicode61 remove_diacritics 0', prefix='2 3');

{{postgresql}} ALTER TABLE documents ADD COLUMN words tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', body), 'D')) STORED;

{{postgresql}} CREATE INDEX documents_words ON documents USING GIN (words);

-- Words that documents have, and each with one letter left out: how a mistyped word is found.
CREATE TABLE search_words (
  word {{text}} PRIMARY KEY
);

CREATE TABLE search_variants (
  variant {{text}} NOT NULL,
  word {{text}} NOT NULL,
  PRIMARY KEY (variant, word)
);

-- One row: the event up to which documents are written.
CREATE TABLE search_position (
  id BIGINT PRIMARY KEY,
  cursor {{text}} NOT NULL
);

INSERT INTO search_position (id, cursor) VALUES (1, '');
