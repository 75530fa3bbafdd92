-- Properties lie in the order of their key, without a number and an index of their own for each: less to write, and one
-- step less to what an owner has. PostgreSQL keeps its tables, which have no such form.

{{sqlite}} CREATE TABLE model_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES registered_models (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO model_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM model_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE model_properties;
{{sqlite}} ALTER TABLE model_properties_by_key RENAME TO model_properties;
{{sqlite}} CREATE INDEX model_properties_string ON model_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX model_properties_int ON model_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX model_properties_double ON model_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE model_version_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES model_versions (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO model_version_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM model_version_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE model_version_properties;
{{sqlite}} ALTER TABLE model_version_properties_by_key RENAME TO model_version_properties;
{{sqlite}} CREATE INDEX model_version_properties_string ON model_version_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX model_version_properties_int ON model_version_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX model_version_properties_double ON model_version_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE experiment_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES experiments (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO experiment_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM experiment_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE experiment_properties;
{{sqlite}} ALTER TABLE experiment_properties_by_key RENAME TO experiment_properties;
{{sqlite}} CREATE INDEX experiment_properties_string ON experiment_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX experiment_properties_int ON experiment_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX experiment_properties_double ON experiment_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE experiment_run_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES experiment_runs (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO experiment_run_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM experiment_run_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE experiment_run_properties;
{{sqlite}} ALTER TABLE experiment_run_properties_by_key RENAME TO experiment_run_properties;
{{sqlite}} CREATE INDEX experiment_run_properties_string ON experiment_run_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX experiment_run_properties_int ON experiment_run_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX experiment_run_properties_double ON experiment_run_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE artifact_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES artifacts (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO artifact_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM artifact_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE artifact_properties;
{{sqlite}} ALTER TABLE artifact_properties_by_key RENAME TO artifact_properties;
{{sqlite}} CREATE INDEX artifact_properties_string ON artifact_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX artifact_properties_int ON artifact_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX artifact_properties_double ON artifact_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE environment_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES environments (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO environment_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM environment_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE environment_properties;
{{sqlite}} ALTER TABLE environment_properties_by_key RENAME TO environment_properties;
{{sqlite}} CREATE INDEX environment_properties_string ON environment_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX environment_properties_int ON environment_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX environment_properties_double ON environment_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE inference_service_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES inference_services (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO inference_service_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM inference_service_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE inference_service_properties;
{{sqlite}} ALTER TABLE inference_service_properties_by_key RENAME TO inference_service_properties;
{{sqlite}} CREATE INDEX inference_service_properties_string ON inference_service_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX inference_service_properties_int ON inference_service_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX inference_service_properties_double ON inference_service_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

{{sqlite}} CREATE TABLE serve_model_properties_by_key (
  owner_id BIGINT NOT NULL REFERENCES serve_models (id),
  field {{text}} NOT NULL,
  name {{text}} NOT NULL,
  string_value {{text}},
  int_value BIGINT,
  double_value DOUBLE PRECISION,
  bool_value BIGINT,
  PRIMARY KEY (owner_id, field, name)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO serve_model_properties_by_key SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM serve_model_properties ORDER BY owner_id, field, name;
{{sqlite}} DROP TABLE serve_model_properties;
{{sqlite}} ALTER TABLE serve_model_properties_by_key RENAME TO serve_model_properties;
{{sqlite}} CREATE INDEX serve_model_properties_string ON serve_model_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
{{sqlite}} CREATE INDEX serve_model_properties_int ON serve_model_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
{{sqlite}} CREATE INDEX serve_model_properties_double ON serve_model_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

-- So does what says where an object is.
{{sqlite}} CREATE TABLE resources_by_key (
  kind {{text}} NOT NULL,
  object_id BIGINT NOT NULL,
  namespace_id BIGINT NOT NULL,
  PRIMARY KEY (kind, object_id)
) WITHOUT ROWID;
{{sqlite}} INSERT INTO resources_by_key SELECT kind, object_id, namespace_id FROM resources ORDER BY kind, object_id;
{{sqlite}} DROP TABLE resources;
{{sqlite}} ALTER TABLE resources_by_key RENAME TO resources;
