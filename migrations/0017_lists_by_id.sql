-- Lists in the order of ids, which is that of the Kubeflow door, of one namespace: without sorting all of it.
CREATE INDEX registered_models_namespace_id ON registered_models (namespace_id, id);
CREATE INDEX experiments_namespace_id ON experiments (namespace_id, id);
