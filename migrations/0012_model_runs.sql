-- Invocations of typed tasks. item_id: of the work that does it; 0: it was answered at once. Names are as they were:
-- a record outlives what it tells of.

CREATE TABLE model_runs (
  id {{id}},
  uid {{text}} NOT NULL UNIQUE,
  namespace_id BIGINT NOT NULL,
  model_id BIGINT NOT NULL,
  namespace {{text}} NOT NULL,
  model {{text}} NOT NULL,
  version {{text}} NOT NULL,
  digest {{text}} NOT NULL,
  task {{text}} NOT NULL,
  state {{text}} NOT NULL,
  source {{text}} NOT NULL,
  requester {{text}} NOT NULL,
  runner_id BIGINT NOT NULL,
  runner {{text}} NOT NULL,
  input_count BIGINT NOT NULL,
  item_id BIGINT NOT NULL,
  error_code {{text}} NOT NULL,
  error {{text}} NOT NULL,
  duration_ms DOUBLE PRECISION NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL,
  start_time BIGINT,
  end_time BIGINT
);

CREATE INDEX model_runs_model ON model_runs (model_id, create_time, id);
CREATE INDEX model_runs_runner ON model_runs (runner_id, create_time, id);
CREATE INDEX model_runs_requester ON model_runs (requester, create_time, id);
CREATE INDEX model_runs_end_time ON model_runs (end_time) WHERE end_time IS NOT NULL;

-- JSON arrays; gone sooner than the record. end_time: of the run.
CREATE TABLE model_run_payloads (
  run_uid {{text}} PRIMARY KEY,
  inputs {{text}},
  outputs {{text}},
  end_time BIGINT
);

CREATE INDEX model_run_payloads_end_time ON model_run_payloads (end_time) WHERE end_time IS NOT NULL;
