-- Requests of one deployment shared among revisions, and how one revision takes over from another.

-- strategy: how the next revision takes over; routing: what decides on a request besides weights. JSON.
ALTER TABLE deployments ADD COLUMN strategy {{text}} NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN routing {{text}} NOT NULL DEFAULT '{}';

-- Only of deployments of which several revisions are kept loaded; without rows, revision_id answers everything.
-- weight, shadow: percent of the requests that it answers, and of the others' that are copied to it.
CREATE TABLE traffic (
  revision_id BIGINT PRIMARY KEY REFERENCES revisions (id),
  deployment_id BIGINT NOT NULL REFERENCES deployments (id),
  weight BIGINT NOT NULL,
  shadow BIGINT NOT NULL
);

CREATE INDEX traffic_deployment ON traffic (deployment_id);

-- step: -1 while the revision gets ready; the number of the strategy's steps once it has all requests.
-- step_time, elapsed_ms: since when the step goes on, and how long it went before it was paused.
CREATE TABLE rollouts (
  id {{id}},
  deployment_id BIGINT NOT NULL REFERENCES deployments (id),
  number BIGINT NOT NULL,
  revision_id BIGINT NOT NULL REFERENCES revisions (id),
  revision BIGINT NOT NULL,
  stable_id BIGINT NOT NULL REFERENCES revisions (id),
  stable BIGINT NOT NULL,
  state {{text}} NOT NULL,
  strategy {{text}} NOT NULL,
  step BIGINT NOT NULL,
  step_time BIGINT NOT NULL,
  elapsed_ms BIGINT NOT NULL,
  reason {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  end_time BIGINT,
  generation BIGINT NOT NULL,
  UNIQUE (deployment_id, number)
);

CREATE INDEX rollouts_state ON rollouts (state, id);

CREATE TABLE rollout_steps (
  rollout_id BIGINT NOT NULL REFERENCES rollouts (id),
  step BIGINT NOT NULL,
  weight BIGINT NOT NULL,
  state {{text}} NOT NULL,
  start_time BIGINT NOT NULL,
  end_time BIGINT,
  analysis {{text}} NOT NULL,
  PRIMARY KEY (rollout_id, step)
);

-- What a revision did on a node during a step. instance: of the replica, new with each load; its row holds all of it,
-- so that writing it again changes nothing. Gone with the end of the roll-out.
CREATE TABLE rollout_windows (
  rollout_id BIGINT NOT NULL REFERENCES rollouts (id),
  step BIGINT NOT NULL,
  revision_id BIGINT NOT NULL,
  instance {{text}} NOT NULL,
  figures {{text}} NOT NULL,
  PRIMARY KEY (rollout_id, step, revision_id, instance)
);
