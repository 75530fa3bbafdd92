-- OCI content inside repositories. A repository is (namespace_id, model), model being a slug; it has no row of its own.

-- Bytes that are stored, or about to be. use_time is an expiring pin: what was used lately is not collected.
-- delete_time 0: no; else since when they are being removed, and nobody may begin to use them until the row is gone.
-- generation: another one each time a row for the digest is made.
CREATE TABLE blobs (
  digest {{text}} PRIMARY KEY,
  generation BIGINT NOT NULL,
  size BIGINT NOT NULL,
  use_time BIGINT NOT NULL,
  delete_time BIGINT NOT NULL
);

CREATE INDEX blobs_use_time ON blobs (use_time);

-- Which blobs a repository holds. link_time: when that was last said.
CREATE TABLE repository_blobs (
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  digest {{text}} NOT NULL REFERENCES blobs (digest),
  link_time BIGINT NOT NULL,
  PRIMARY KEY (namespace_id, model, digest)
);

CREATE INDEX repository_blobs_digest ON repository_blobs (digest);

CREATE INDEX repository_blobs_link_time ON repository_blobs (link_time);

-- artifact_type and annotations are as a list of referrers shows them.
CREATE TABLE manifests (
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  digest {{text}} NOT NULL,
  media_type {{text}} NOT NULL,
  artifact_type {{text}},
  subject {{text}},
  annotations {{text}},
  size BIGINT NOT NULL,
  bytes {{blob}} NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (namespace_id, model, digest)
);

CREATE INDEX manifests_subject ON manifests (namespace_id, model, subject, digest);

-- What a manifest names: kind BLOB, or MANIFEST in an index.
CREATE TABLE manifest_parts (
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  manifest {{text}} NOT NULL,
  digest {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  PRIMARY KEY (namespace_id, model, manifest, digest),
  FOREIGN KEY (namespace_id, model, manifest) REFERENCES manifests (namespace_id, model, digest)
);

CREATE INDEX manifest_parts_digest ON manifest_parts (namespace_id, model, digest);

CREATE TABLE tags (
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  name {{text}} NOT NULL,
  digest {{text}} NOT NULL,
  update_time BIGINT NOT NULL,
  PRIMARY KEY (namespace_id, model, name),
  FOREIGN KEY (namespace_id, model, digest) REFERENCES manifests (namespace_id, model, digest)
);

CREATE INDEX tags_digest ON tags (namespace_id, model, digest);

CREATE TABLE uploads (
  id {{text}} PRIMARY KEY,
  namespace_id BIGINT NOT NULL,
  model {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);

CREATE INDEX uploads_repository ON uploads (namespace_id, model);

-- What must not be collected, and for whom: other rooms write here in their own transactions.
CREATE TABLE artifact_references (
  digest {{text}} NOT NULL,
  holder_kind {{text}} NOT NULL,
  holder_id BIGINT NOT NULL,
  PRIMARY KEY (digest, holder_kind, holder_id)
);

CREATE INDEX artifact_references_holder ON artifact_references (holder_kind, holder_id);
