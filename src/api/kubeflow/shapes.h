// SPDX-License-Identifier: Apache-2.0
//
// souk's objects in the words of this contract.
#pragma once

#include "api/kubeflow/kubeflow.h"
#include "base/json.h"

namespace souk::api::kubeflow {

void write(json::Writer& out, const registry::RegisteredModel& model);
void write(json::Writer& out, const registry::ModelVersion& version);
void write(json::Writer& out, const registry::Experiment& experiment);
void write(json::Writer& out, const registry::ExperimentRun& run);
void write(json::Writer& out, const registry::Environment& environment);
void write(json::Writer& out, const registry::InferenceService& service);
void write(json::Writer& out, const registry::ServeModel& serve);
// A manifest here, where the artifact has no uri of its own, is shown as oci://HOST/….
void write(json::Writer& out, const registry::Artifact& artifact, std::string_view host);
void write(json::Writer& out, const registry::HistoryPoint& point);

std::string_view contract_name(registry::ArtifactKind kind);
std::optional<registry::ArtifactKind> kind_named(std::string_view name);

template <class T>
std::string text_of(const T& object) {
  std::string text;
  json::Writer out(text);
  write(out, object);
  return text;
}

}  // namespace souk::api::kubeflow
