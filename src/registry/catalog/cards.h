// SPDX-License-Identifier: Apache-2.0
//
// The fields of the contract's objects: what is read from a catalogue and, normalized, written again. Source:
// catalog.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace souk::registry::cards {

using Text = std::optional<std::string>;
using Texts = std::optional<std::vector<std::string>>;
using Flag = std::optional<bool>;
// Text that people also write as a number.
using Scalar = std::optional<json::Raw>;

struct Common {
  std::string name;
  Text externalId, description;
  Scalar createTimeSinceEpoch, lastUpdateTimeSinceEpoch;
  std::optional<json::Raw> customProperties;
};
BOOST_DESCRIBE_STRUCT(Common, (),
                      (name, externalId, description, createTimeSinceEpoch, lastUpdateTimeSinceEpoch, customProperties))

struct Model : Common {
  Text readme, maturity, provider, logo, license, licenseLink, libraryName;
  Texts language, tasks;
};
BOOST_DESCRIBE_STRUCT(Model, (Common),
                      (readme, maturity, provider, logo, license, licenseLink, libraryName, language, tasks))

BOOST_DEFINE_ENUM_CLASS(DeploymentMode, local, remote)
BOOST_DEFINE_ENUM_CLASS(Transport, stdio, http, sse)
BOOST_DEFINE_ENUM_CLASS(AccessType, read_only, read_write, execute)

struct Security {
  Flag verifiedSource, secureEndpoint, sast, readOnlyTools;
};
BOOST_DESCRIBE_STRUCT(Security, (), (verifiedSource, secureEndpoint, sast, readOnlyTools))

struct ServerArtifact {
  std::string uri;
  Scalar createTimeSinceEpoch, lastUpdateTimeSinceEpoch;
};
BOOST_DESCRIBE_STRUCT(ServerArtifact, (), (uri, createTimeSinceEpoch, lastUpdateTimeSinceEpoch))

struct Endpoints {
  Text http, sse;
};
BOOST_DESCRIBE_STRUCT(Endpoints, (), (http, sse))

struct Variable {
  std::string name, description;
  Flag required;
  Text type;
  Scalar defaultValue, example;
};
BOOST_DESCRIBE_STRUCT(Variable, (), (name, description, required, type, defaultValue, example))

struct Key {
  std::string key, description;
  Text defaultContent, envVarName;
  Flag required;
};
BOOST_DESCRIBE_STRUCT(Key, (), (key, description, defaultContent, envVarName, required))

// A Secret or a ConfigMap that a server wants.
struct Mounted {
  std::string name, description;
  std::optional<std::vector<Key>> keys;
  Flag mountAsFile;
  Text mountPath;
};
BOOST_DESCRIBE_STRUCT(Mounted, (), (name, description, keys, mountAsFile, mountPath))

struct Account {
  Flag required;
  Text hint, suggestedName;
};
BOOST_DESCRIBE_STRUCT(Account, (), (required, hint, suggestedName))

struct Prerequisites {
  std::optional<Account> serviceAccount;
  std::optional<std::vector<Mounted>> secrets, configMaps;
  std::optional<std::vector<Variable>> environmentVariables;
  Texts customResources;
};
BOOST_DESCRIBE_STRUCT(Prerequisites, (), (serviceAccount, secrets, configMaps, environmentVariables, customResources))

struct Amount {
  Scalar cpu, memory;
};
BOOST_DESCRIBE_STRUCT(Amount, (), (cpu, memory))
struct Resources {
  std::optional<Amount> minimal, recommended, high;
};
BOOST_DESCRIBE_STRUCT(Resources, (), (minimal, recommended, high))
struct Health {
  Text liveness, readiness;
};
BOOST_DESCRIBE_STRUCT(Health, (), (liveness, readiness))
struct Capabilities {
  Flag requiresNetwork, requiresFileSystem, requiresGPU;
};
BOOST_DESCRIBE_STRUCT(Capabilities, (), (requiresNetwork, requiresFileSystem, requiresGPU))

struct Runtime {
  std::optional<std::int64_t> defaultPort;
  Texts defaultArgs;
  std::optional<std::vector<Variable>> requiredEnvironmentVariables, optionalEnvironmentVariables;
  std::optional<Resources> recommendedResources;
  std::optional<Health> healthEndpoints;
  std::optional<Capabilities> capabilities;
  Text mcpPath;
  std::optional<Prerequisites> prerequisites;
};
BOOST_DESCRIBE_STRUCT(Runtime, (),
                      (defaultPort, defaultArgs, requiredEnvironmentVariables, optionalEnvironmentVariables,
                       recommendedResources, healthEndpoints, capabilities, mcpPath, prerequisites))

struct Server : Common {
  Text provider, logo, license, license_link, readme, documentationUrl, repositoryUrl, sourceCode, publishedDate,
      lastUpdated;
  Scalar version;
  Texts tags;
  std::optional<Security> securityIndicators;
  std::optional<DeploymentMode> deploymentMode;
  std::optional<std::vector<Transport>> transports;
  std::optional<std::vector<ServerArtifact>> artifacts;
  std::optional<Endpoints> endpoints;
  std::optional<Runtime> runtimeMetadata;
};
BOOST_DESCRIBE_STRUCT(Server, (Common),
                      (provider, logo, license, license_link, readme, documentationUrl, repositoryUrl, sourceCode,
                       publishedDate, lastUpdated, version, tags, securityIndicators, deploymentMode, transports,
                       artifacts, endpoints, runtimeMetadata))

struct Parameter {
  std::string name, type;
  bool required = false;
  Text description;
};
BOOST_DESCRIBE_STRUCT(Parameter, (), (name, type, required, description))

struct Tool : Common {
  std::optional<AccessType> accessType;
  std::optional<std::vector<Parameter>> parameters;
};
BOOST_DESCRIBE_STRUCT(Tool, (Common), (accessType, parameters))

struct Artifact : Common {
  Text artifactType, metricsType, uri;
};
BOOST_DESCRIBE_STRUCT(Artifact, (Common), (artifactType, metricsType, uri))

}  // namespace souk::registry::cards
