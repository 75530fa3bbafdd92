// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/latency.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "registry/catalog/entries.h"

namespace souk::registry {

namespace {

constexpr double kMostReplicas = 1e9;

std::optional<double> number_of(const CatalogArtifact& artifact, const std::string& property) {
  const store::Fact* fact = artifact.facts.find("custom_properties." + property);
  if (fact == nullptr) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(fact)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(fact)) return *number;
  return std::nullopt;
}

std::optional<std::int64_t> replicas_of(const CatalogArtifact& artifact, const LatencyQuery& query) {
  const auto rps = number_of(artifact, query.rps);
  if (!query.target_rps || !rps || !(*rps > 0)) return std::nullopt;
  const double replicas = std::ceil(static_cast<double>(*query.target_rps) / *rps);
  return static_cast<std::int64_t>(std::clamp(replicas, 1.0, kMostReplicas));
}

struct Measured {
  std::size_t index;
  double cost, latency;
};

// Cheapest first, and of those the fastest: what comes later is kept when it is faster than all before.
void keep_the_front(std::vector<Measured>& all, std::vector<std::size_t>& out) {
  std::ranges::sort(all, [](const Measured& a, const Measured& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.latency != b.latency ? a.latency < b.latency : a.index < b.index;
  });
  const Measured* last = nullptr;
  for (const Measured& one : all) {
    const bool same = last != nullptr && one.cost == last->cost && one.latency == last->latency;
    if (last != nullptr && !same && one.latency >= last->latency) continue;
    out.push_back(one.index);
    last = &one;
  }
}

}  // namespace

CatalogArtifact with_replicas(const CatalogArtifact& artifact, const LatencyQuery& query) {
  CatalogArtifact out = artifact;
  const auto replicas = replicas_of(artifact, query);
  if (!replicas) return out;
  const double total = static_cast<double>(*replicas) * number_of(artifact, query.rps).value_or(0);
  out.facts.add("custom_properties.replicas", *replicas);
  out.facts.add("custom_properties.total_requests_per_second", total);
  out.facts.sort();
  std::string written = json::write(total);
  if (written.find_first_of(".eE") == std::string::npos) written += ".0";
  std::string& text = out.properties.text;
  text.pop_back();
  text += (text.size() > 1 ? "," : "") + ("\"replicas\":" + std::to_string(*replicas)) +
          ",\"total_requests_per_second\":" + written + "}";
  out.json = with_properties(out, out.properties);
  return out;
}

std::vector<std::size_t> recommended(const std::vector<const CatalogArtifact*>& artifacts, const LatencyQuery& query) {
  std::map<std::string, std::vector<Measured>> by_hardware;
  for (std::size_t i = 0; i < artifacts.size(); ++i) {
    const CatalogArtifact& artifact = *artifacts[i];
    const auto latency = number_of(artifact, query.latency);
    const auto count = number_of(artifact, query.hardware_count);
    const auto replicas = replicas_of(artifact, query);
    if (!latency || !count || (query.target_rps && !replicas)) continue;
    const store::Fact* type = artifact.facts.find("custom_properties." + query.hardware_type);
    const auto* name = type == nullptr ? nullptr : std::get_if<std::string>(type);
    by_hardware[name == nullptr ? "" : *name].push_back(
        {i, *count * static_cast<double>(replicas.value_or(1)), *latency});
  }
  std::vector<std::size_t> out;
  for (auto& [type, all] : by_hardware) keep_the_front(all, out);
  return out;
}

std::optional<double> least_latency(const CatalogModel& model, const LatencyQuery& query) {
  std::vector<const CatalogArtifact*> measured;
  for (const CatalogArtifact& artifact : model.artifacts)
    if (artifact.is_performance) measured.push_back(&artifact);
  std::optional<double> least;
  for (const std::size_t index : recommended(measured, query)) {
    const double latency = number_of(*measured[index], query.latency).value_or(0);
    if (!least || latency < *least) least = latency;
  }
  return least;
}

}  // namespace souk::registry
