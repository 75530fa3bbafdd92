// SPDX-License-Identifier: Apache-2.0
//
// What tells the kinds of records apart: tables, words, list columns, and the rules of each. Inside the room only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/records/records.h"
#include "registry/state.h"

namespace souk::registry {

template <class T>
struct Kind;

#define SOUK_RECORD_KIND(Type, table_name, property_table, event_noun, words) \
  template <>                                                                 \
  struct Kind<Type> {                                                         \
    static constexpr std::string_view table = table_name;                     \
    static constexpr std::string_view properties = property_table;            \
    static constexpr std::string_view noun = event_noun; /* of events */      \
    static constexpr std::string_view shown = words;                          \
  }
SOUK_RECORD_KIND(Experiment, "experiments", "experiment_properties", "experiment", "experiment");
SOUK_RECORD_KIND(ExperimentRun, "experiment_runs", "experiment_run_properties", "run", "run");
SOUK_RECORD_KIND(Artifact, "artifacts", "artifact_properties", "artifact", "artifact");
SOUK_RECORD_KIND(Environment, "environments", "environment_properties", "environment", "environment");
SOUK_RECORD_KIND(InferenceService, "inference_services", "inference_service_properties", "inference_service",
                 "inference service");
SOUK_RECORD_KIND(ServeModel, "serve_models", "serve_model_properties", "serve_model", "serve model");
#undef SOUK_RECORD_KIND

// "experiment 'mnist' (7)", for messages.
template <class T>
std::string label(const T& record);

// Columns for filters and orders, in souk's words and in those of Kubeflow's contract.
template <class T>
const store::ListSchema& list_schema();

// --- the rules of each kind (rules.cc) ------------------------------------------------------------------
// Fields alone; `before` is null for a new one. Errors: invalid_argument
Status check_fields(const Experiment* before, Experiment& after);
Status check_fields(const ExperimentRun* before, ExperimentRun& after);
Status check_fields(const Artifact* before, Artifact& after);
Status check_fields(const Environment* before, Environment& after);
Status check_fields(const InferenceService* before, InferenceService& after);
Status check_fields(const ServeModel* before, ServeModel& after);

// Parents are there, in the same namespace; what follows from them is filled in. Errors: not_found, invalid_argument
Status check_parents(store::Tx& tx, Experiment& record);
Status check_parents(store::Tx& tx, ExperimentRun& record);
Status check_parents(store::Tx& tx, Artifact& record);
// The model of an artifact's version, where it is not known yet.
Status find_model_of(Registry::State& state, Artifact& record);
Status check_parents(store::Tx& tx, Environment& record);
Status check_parents(store::Tx& tx, InferenceService& record);
Status check_parents(store::Tx& tx, ServeModel& record);

// What a parameter of the type number may be: finite, as JSON writes it.
bool is_number(std::string_view text);

// Whether another row has the name where it must be unique.
Result<bool> name_taken(store::Tx& tx, const Experiment& record);
Result<bool> name_taken(store::Tx& tx, const ExperimentRun& record);
Result<bool> name_taken(store::Tx& tx, const Artifact& record);
Result<bool> name_taken(store::Tx& tx, const Environment& record);
Result<bool> name_taken(store::Tx& tx, const InferenceService& record);
Result<bool> name_taken(store::Tx& tx, const ServeModel& record);

// --- removal (removal_of_records.cc) --------------------------------------------------------------------
// What would be lost with the record and is not part of it: "3 runs".
Result<std::vector<std::string>> dependents(store::Tx& tx, const Experiment& record);
Result<std::vector<std::string>> dependents(store::Tx& tx, const ExperimentRun& record);
Result<std::vector<std::string>> dependents(store::Tx& tx, const Artifact& record);
Result<std::vector<std::string>> dependents(store::Tx& tx, const Environment& record);
Result<std::vector<std::string>> dependents(store::Tx& tx, const InferenceService& record);
Result<std::vector<std::string>> dependents(store::Tx& tx, const ServeModel& record);

// Takes the rows, with all that hangs on them.
Status remove_rows(store::Tx& tx, const Experiment& record);
Status remove_rows(store::Tx& tx, const ExperimentRun& record);
Status remove_rows(store::Tx& tx, const Artifact& record);
Status remove_rows(store::Tx& tx, const Environment& record);
Status remove_rows(store::Tx& tx, const InferenceService& record);
Status remove_rows(store::Tx& tx, const ServeModel& record);

}  // namespace souk::registry
