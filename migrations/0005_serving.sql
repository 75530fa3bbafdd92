-- What is asked to answer requests, and what each node made of it.

CREATE TABLE nodes (
  id {{id}},
  name {{text}} NOT NULL UNIQUE,
  incarnation {{text}} NOT NULL,
  start_time BIGINT NOT NULL,
  seen_time BIGINT NOT NULL
);

-- revision_id: the one that is to answer; 0 only inside the transaction that makes the deployment.
CREATE TABLE deployments (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL REFERENCES namespaces (id),
  namespace {{text}} NOT NULL,
  slug {{text}} NOT NULL,
  name {{text}} NOT NULL,
  model_id BIGINT NOT NULL REFERENCES registered_models (id),
  model_namespace {{text}} NOT NULL,
  model {{text}} NOT NULL,
  reference {{text}} NOT NULL,
  follow BIGINT NOT NULL,
  desired_state {{text}} NOT NULL,
  revision_id BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  UNIQUE (namespace_id, slug)
);

CREATE INDEX deployments_model ON deployments (model_id, id);

-- A revision outlives its model version as history; while a deployment uses it, the version cannot go.
CREATE TABLE revisions (
  id {{id}},
  deployment_id BIGINT NOT NULL REFERENCES deployments (id),
  number BIGINT NOT NULL,
  version_id BIGINT REFERENCES model_versions (id) ON DELETE SET NULL,
  version BIGINT NOT NULL,
  digest {{text}} NOT NULL,
  configuration {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  UNIQUE (deployment_id, number)
);

CREATE INDEX revisions_version ON revisions (version_id);

CREATE TABLE replicas (
  id {{id}},
  revision_id BIGINT NOT NULL REFERENCES revisions (id),
  node {{text}} NOT NULL,
  state {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  memory_bytes BIGINT NOT NULL,
  load_ms DOUBLE PRECISION NOT NULL,
  update_time BIGINT NOT NULL,
  UNIQUE (revision_id, node)
);
