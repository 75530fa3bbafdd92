-- What a filter looks for among properties, by value: texts of up to 200 characters, and numbers. Each value is in one of
-- them, and those of one value come in the order of their owners.
DROP INDEX model_properties_name;
CREATE INDEX model_properties_string ON model_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX model_properties_int ON model_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX model_properties_double ON model_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX model_version_properties_name;
CREATE INDEX model_version_properties_string ON model_version_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX model_version_properties_int ON model_version_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX model_version_properties_double ON model_version_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX experiment_properties_name;
CREATE INDEX experiment_properties_string ON experiment_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX experiment_properties_int ON experiment_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX experiment_properties_double ON experiment_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX experiment_run_properties_name;
CREATE INDEX experiment_run_properties_string ON experiment_run_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX experiment_run_properties_int ON experiment_run_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX experiment_run_properties_double ON experiment_run_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX artifact_properties_name;
CREATE INDEX artifact_properties_string ON artifact_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX artifact_properties_int ON artifact_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX artifact_properties_double ON artifact_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX environment_properties_name;
CREATE INDEX environment_properties_string ON environment_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX environment_properties_int ON environment_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX environment_properties_double ON environment_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX inference_service_properties_name;
CREATE INDEX inference_service_properties_string ON inference_service_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX inference_service_properties_int ON inference_service_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX inference_service_properties_double ON inference_service_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;

DROP INDEX serve_model_properties_name;
CREATE INDEX serve_model_properties_string ON serve_model_properties (field, name, string_value, owner_id) WHERE length(string_value) <= 200;
CREATE INDEX serve_model_properties_int ON serve_model_properties (field, name, int_value, owner_id) WHERE int_value IS NOT NULL;
CREATE INDEX serve_model_properties_double ON serve_model_properties (field, name, double_value, owner_id) WHERE double_value IS NOT NULL;
