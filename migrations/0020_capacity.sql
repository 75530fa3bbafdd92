-- What a deployment asks of memory, and how its requests are joined whatever its version says. JSON.

ALTER TABLE deployments ADD COLUMN capacity {{text}} NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN batching {{text}} NOT NULL DEFAULT '{}';
