// SPDX-License-Identifier: Apache-2.0
//
// The columns that filters and orders of each kind may name.
#include "registry/records/kinds.h"

namespace souk::registry {

namespace {

using store::ColumnType;
using Columns = std::vector<store::FilterColumn>;

template <class T>
store::ListSchema schema_of(Columns more) {
  Columns columns{{"id", "t.id", ColumnType::integer, true},
                  {"uid", "t.uid", ColumnType::text},
                  {"name", "t.name", ColumnType::text, true},
                  {"external_id", "t.external_id", ColumnType::text, false, "externalId"},
                  {"description", "t.description", ColumnType::text},
                  {"create_time", "t.create_time", ColumnType::time, true, "createTimeSinceEpoch"},
                  {"update_time", "t.update_time", ColumnType::time, true, "lastUpdateTimeSinceEpoch"}};
  columns.insert(columns.end(), more.begin(), more.end());
  std::vector<std::string> maps{"custom_properties"};
  if constexpr (requires(T t) { t.tags; }) maps.emplace_back("tags");
  return {.filter = {.columns = std::move(columns), .properties = {std::string(Kind<T>::properties), "t.id", maps}},
          .id = "t.id",
          .default_order = "update_time desc"};
}

// What a run logged is filtered as its properties are: metrics.loss < 0.1 AND parameters.optimizer = 'adam'. A
// parameter that was logged as a number compares as one, and as its text.
store::PropertyTable run_values(store::PropertyTable properties) {
  properties.table = "(SELECT owner_id, field, name, string_value, int_value, double_value, bool_value FROM " +
                     properties.table +
                     " UNION ALL SELECT run_id, CASE kind WHEN 'METRIC' THEN 'metrics' ELSE 'parameters' END, name, "
                     "text_value, CAST(NULL AS BIGINT), CASE WHEN kind = 'METRIC' THEN value WHEN parameter_type = "
                     "'number' THEN CAST(text_value AS DOUBLE PRECISION) END, CAST(NULL AS BIGINT) FROM artifacts "
                     "WHERE run_id IS NOT NULL AND kind IN ('METRIC', 'PARAMETER'))";
  properties.fields.insert(properties.fields.end(), {"metrics", "parameters"});
  return properties;
}

}  // namespace

template <>
const store::ListSchema& list_schema<Experiment>() {
  static const store::ListSchema schema = schema_of<Experiment>({{"slug", "t.slug", ColumnType::text, true},
                                                                 {"owner", "t.owner", ColumnType::text},
                                                                 {"state", "t.state", ColumnType::text}});
  return schema;
}

template <>
const store::ListSchema& list_schema<ExperimentRun>() {
  static const store::ListSchema schema = [] {
    auto made =
        schema_of<ExperimentRun>({{"owner", "t.owner", ColumnType::text},
                                  {"state", "t.state", ColumnType::text},
                                  {"status", "t.status", ColumnType::text},
                                  {"experiment_id", "t.experiment_id", ColumnType::integer, false, "experimentId"},
                                  {"parent_run_id", "t.parent_run_id", ColumnType::integer},
                                  {"start_time", "t.start_time", ColumnType::time, false, "startTimeSinceEpoch"},
                                  {"end_time", "t.end_time", ColumnType::time, false, "endTimeSinceEpoch"}});
    made.filter.properties = run_values(std::move(made.filter.properties));
    return made;
  }();
  return schema;
}

template <>
const store::ListSchema& list_schema<Artifact>() {
  static const store::ListSchema schema = schema_of<Artifact>(
      {{"kind", "t.kind", ColumnType::text},
       {"artifactType",
        "(CASE t.kind WHEN 'MODEL' THEN 'model-artifact' WHEN 'DOC' THEN 'doc-artifact' WHEN 'DATASET' THEN "
        "'dataset-artifact' WHEN 'METRIC' THEN 'metric' ELSE 'parameter' END)",
        ColumnType::text},
       {"state", "t.state", ColumnType::text},
       {"uri", "t.uri", ColumnType::text},
       {"held", "t.held", ColumnType::text},
       {"version_id", "t.version_id", ColumnType::integer, false, "modelVersionId"},
       {"experiment_id", "t.experiment_id", ColumnType::integer, false, "experimentId"},
       {"run_id", "t.run_id", ColumnType::integer, false, "experimentRunId"},
       {"model_format_name", "t.model_format_name", ColumnType::text, false, "modelFormatName"},
       {"model_format_version", "t.model_format_version", ColumnType::text, false, "modelFormatVersion"},
       {"storage_key", "t.storage_key", ColumnType::text, false, "storageKey"},
       {"storage_path", "t.storage_path", ColumnType::text, false, "storagePath"},
       {"service_account_name", "t.service_account_name", ColumnType::text, false, "serviceAccountName"},
       {"model_source_kind", "t.model_source_kind", ColumnType::text, false, "modelSourceKind"},
       {"model_source_class", "t.model_source_class", ColumnType::text, false, "modelSourceClass"},
       {"model_source_group", "t.model_source_group", ColumnType::text, false, "modelSourceGroup"},
       {"model_source_id", "t.model_source_id", ColumnType::text, false, "modelSourceId"},
       {"model_source_name", "t.model_source_name", ColumnType::text, false, "modelSourceName"},
       {"digest", "t.digest", ColumnType::text},
       {"source_type", "t.source_type", ColumnType::text, false, "sourceType"},
       {"source", "t.source", ColumnType::text},
       {"schema", "t.schema", ColumnType::text},
       {"profile", "t.profile", ColumnType::text},
       {"value", "t.value", ColumnType::number_or_text, false, "", "t.text_value"},
       {"step", "t.step", ColumnType::integer},
       {"timestamp", "t.timestamp", ColumnType::time},
       {"parameter_type", "t.parameter_type", ColumnType::text, false, "parameterType"}});
  return schema;
}

template <>
const store::ListSchema& list_schema<Environment>() {
  static const store::ListSchema schema = schema_of<Environment>({});
  return schema;
}

template <>
const store::ListSchema& list_schema<InferenceService>() {
  static const store::ListSchema schema = schema_of<InferenceService>(
      {{"runtime", "t.runtime", ColumnType::text},
       {"desired_state", "t.desired_state", ColumnType::text, false, "desiredState"},
       {"model_id", "t.model_id", ColumnType::integer, false, "registeredModelId"},
       {"version_id", "t.version_id", ColumnType::integer, false, "modelVersionId"},
       {"environment_id", "t.environment_id", ColumnType::integer, false, "servingEnvironmentId"}});
  return schema;
}

template <>
const store::ListSchema& list_schema<ServeModel>() {
  static const store::ListSchema schema = schema_of<ServeModel>(
      {{"last_known_state", "t.last_known_state", ColumnType::text, false, "lastKnownState"},
       {"version_id", "t.version_id", ColumnType::integer, false, "modelVersionId"},
       {"inference_service_id", "t.inference_service_id", ColumnType::integer, false, "inferenceServiceId"}});
  return schema;
}

}  // namespace souk::registry
