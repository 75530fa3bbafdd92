// SPDX-License-Identifier: Apache-2.0
//
// The objects of the native API, as the pages name them.

export type DeploymentState = "PENDING" | "READY" | "FAILED" | "STOPPED";
export type ReplicaState =
  | "PENDING" | "FETCHING" | "LOADING" | "WARMING" | "READY" | "DRAINING" | "UNLOADED" | "STOPPED" | "FAILED";

export interface Server {
  name: string;
  version: string;
  dev: boolean;
  node: string;
  start_time: string;
  database: string;
  blobs: string;
  storage_bytes: number;
}
export interface Whoami {
  name: string;
  kind: "USER" | "SERVICE_ACCOUNT" | "ANONYMOUS";
  role: string;
  default_namespace: string;
}
export interface Namespace {
  id: number;
  slug: string;
  name: string;
  description?: string;
  role?: string;
}
export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
}
export interface Signature {
  inputs: Tensor[];
  outputs: Tensor[];
  task?: string;
}
export interface Version {
  id: number;
  namespace: string;
  model: string;
  number: number;
  name: string;
  description?: string;
  author?: string;
  state: "LIVE" | "ARCHIVED";
  sealed: boolean;
  digest?: string;
  size_bytes?: number;
  format?: string;
  runtime?: string;
  missing?: string;
  task?: string;
  uri?: string;
  signature?: Signature;
  aliases: string[];
  custom_properties: Record<string, unknown>;
  create_time: string;
  seal_time?: string;
  update_time: string;
  etag?: string;
}
export interface Model {
  id: number;
  namespace: string;
  slug: string;
  name: string;
  description?: string;
  readme?: string;
  owner?: string;
  state: "LIVE" | "ARCHIVED";
  tags: Record<string, string>;
  custom_properties: Record<string, unknown>;
  task?: string;
  create_time: string;
  update_time: string;
  etag?: string;
  version_count: number;
  latest_version?: Version;
  aliases: { name: string; version: number }[];
  deployments: { namespace: string; slug: string; state: DeploymentState }[];
}
export interface Alias {
  name: string;
  version: number;
  digest?: string;
  update_time: string;
  actor?: string;
}
export interface AliasChange {
  version?: number;
  actor?: string;
  time: string;
}
export interface VersionFile {
  path: string;
  size_bytes: number;
  digest: string;
  media_type: string;
  kind: "WEIGHT" | "WEIGHT_CONFIG" | "CODE" | "DOC" | "DATASET" | "OTHER";
}
export interface Declaration {
  task?: string;
  input?: Record<string, unknown>;
  output?: { name?: string; labels?: string[] | string } & Record<string, unknown>;
}
export interface Replica {
  node: string;
  state: ReplicaState;
  reason?: string;
  memory_bytes?: number;
  load_ms?: number;
  update_time: string;
}
export interface Revision {
  number: number;
  version: number;
  digest: string;
  traffic_percent: number;
  state: ReplicaState;
  reason?: string;
  replicas: Replica[];
  create_time: string;
}
export interface Deployment {
  id: number;
  namespace: string;
  slug: string;
  name: string;
  model_namespace: string;
  model: string;
  reference: string;
  follow: boolean;
  desired_state: "RUNNING" | "STOPPED";
  state: DeploymentState;
  reason?: string;
  task?: string;
  signature?: Signature;
  revision?: number;
  version?: number;
  digest?: string;
  revisions: Revision[];
  metrics?: { requests: number; errors: number; latency_p50_ms: number; latency_p99_ms: number };
  create_time: string;
  update_time: string;
  etag?: string;
}
export interface LogEntry {
  time: string;
  level: string;
  message: string;
}
export interface Change {
  type: string;
  time: string;
  namespace?: string;
  kind?: string;
  id?: number;
  name?: string;
  actor?: string;
  data?: Record<string, unknown>;
}
