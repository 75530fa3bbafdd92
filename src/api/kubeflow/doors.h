// SPDX-License-Identifier: Apache-2.0
//
// One function a noun of the contract; each adds its routes.
#pragma once

#include "api/kubeflow/exchange.h"
#include "api/kubeflow/shapes.h"
#include "registry/catalog/metadata.h"

namespace souk::api::kubeflow {

// The contract stands at two addresses: its published file says v1alpha3, the Python client asks v1.
class Paths {
 public:
  explicit Paths(RouteTable::Door door) : door_(std::move(door)) {}
  void add(const Route& route) {
    for (std::string_view prefix : kPrefixes) {
      Route one = route;
      one.pattern = std::string(prefix) + route.pattern;
      door_.add(std::move(one));
    }
  }

 private:
  RouteTable::Door door_;
};

void add_models(Paths& door, const Rooms& rooms);
void add_versions(Paths& door, const Rooms& rooms);
void add_artifacts(Paths& door, const Rooms& rooms);
void add_experiments(Paths& door, const Rooms& rooms);
void add_runs(Paths& door, const Rooms& rooms);
void add_metric_history(Paths& door, const Rooms& rooms);
void add_environments(Paths& door, const Rooms& rooms);
void add_services(Paths& door, const Rooms& rooms);

// A field that is there, as a patch.
template <class T>
json::Patch<T> patch_of(const std::optional<T>& value) {
  if (!value) return {};
  return {json::Patch<T>::State::value, *value};
}

inline Result<json::Raw> properties_of(const std::optional<json::Raw>& metadata) {
  return metadata ? registry::read_metadata(*metadata) : Result<json::Raw>(json::Raw{"{}"});
}

// What every body that changes a record may say.
template <class T, class Body>
Status apply_common(const Body& body, T& record) {
  if (body.externalId) record.external_id = *body.externalId;
  if (body.description) record.description = *body.description;
  if (body.customProperties) record.custom_properties = SOUK_TRY(registry::read_metadata(*body.customProperties));
  return {};
}

// All of the call's namespace. Errors: not_found
inline Result<registry::Under> here(const Rooms& rooms, const Exchange& exchange) {
  const auto ns = SOUK_TRY(the_namespace(rooms, exchange.call, access::Role::READER));
  return registry::Under{registry::Parent::namespace_id, ns->id.value};
}

// A record looked up by name or external id in the call's namespace.
template <class T>
Result<access::Authorized<T>> find_record(const Rooms& rooms, const registry::Records<T>& records,
                                          const Exchange& exchange, std::optional<registry::Parent> parent,
                                          std::optional<registry::ArtifactKind> kind = {}) {
  const FindQuery query = SOUK_TRY(find_query(exchange, parent.has_value()));
  const auto ns = SOUK_TRY(the_namespace(rooms, exchange.call, access::Role::READER));
  registry::Lookup lookup{
      .namespace_id = ns->id, .under = {}, .name = query.name, .external_id = query.external_id, .kind = kind};
  if (query.parent && query.name && parent) lookup.under = {*parent, *query.parent};
  return records.find(exchange.call, lookup);
}

}  // namespace souk::api::kubeflow
