// SPDX-License-Identifier: Apache-2.0
//
// The objects of the native API as the pages name them: from the contract (schema.d.ts is made of openapi/souk.json by
// `npm run types`), read as answers. In an answer what is absent is left out, never null, and a list is always there.
import type { components, paths } from "./schema.d.ts";

type Schemas = components["schemas"];

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? (NonNullable<T[K]> extends readonly unknown[] ? never : K) : never }[keyof T];
type Answer<T> = T extends readonly (infer U)[]
  ? Answer<U>[]
  : T extends object
    ? { [K in Exclude<keyof T, Optional<T>>]-?: Answer<NonNullable<T[K]>> } & { [K in Optional<T>]?: Answer<NonNullable<T[K]>> }
    : T;
/** Where the contract says only "JSON", the pages say more. */
type With<T, More> = Omit<Answer<T>, keyof More> & More;

export type OperatorCommand = Answer<Schemas["OperatorCommand"]>;
export type Figure = Answer<Schemas["Figure"]>;
export type HealthFigures = Answer<Schemas["HealthFigures"]>;
export type DeploymentFigures = Answer<Schemas["DeploymentFigures"]>;

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
/** The version's souk.yaml. */
export interface Declaration {
  task?: string;
  input?: Record<string, unknown>;
  output?: { name?: string; labels?: string[] | string } & Record<string, unknown>;
}

export type Server = Answer<Schemas["ServerInfo"]>;
export type Whoami = Answer<Schemas["Caller"]>;
export type Namespace = Answer<Schemas["Namespace"]>;
export type Version = With<Schemas["ModelVersion"], { signature?: Signature; custom_properties: Record<string, unknown> }>;
export type Model = With<Schemas["Model"], { tags: Record<string, string>; custom_properties: Record<string, unknown>; latest_version?: Version }>;
export type Alias = Answer<Schemas["Alias"]>;
export type AliasChange = Answer<Schemas["AliasChange"]>;
export type VersionFile = Answer<Schemas["File"]>;
export type Replica = Answer<Schemas["Replica"]>;
export type Revision = Answer<Schemas["Revision"]>;
export type Deployment = With<Schemas["Deployment"], { signature?: Signature }>;
export type LogEntry = Answer<Schemas["LogEntry"]>;
export type Role = Schemas["Role"];
export type Action = Schemas["Action"];
export type User = Answer<Schemas["User"]>;
export type Team = Answer<Schemas["Team"]>;
export type Member = Answer<Schemas["Member"]>;
export type ServiceAccount = Answer<Schemas["ServiceAccount"]>;
export type Grant = Answer<Schemas["GrantView"]>;
export type Accessor = Answer<Schemas["Accessor"]>;
export type ApiKey = Answer<Schemas["ApiKey"]>;
export type MadeKey = Answer<Schemas["MadeKey"]>;
export type KeyScope = Answer<Schemas["KeyScope"]>;
export type NewKey = Schemas["NewKeyBody"];
export type Session = Answer<Schemas["Session"]>;
export type Outcome = Schemas["Outcome"];
export type AuditEvent = With<Schemas["AuditEvent"], { detail?: unknown }>;
export type RunState = Schemas["RunState"];
export type ModelRun = With<Schemas["ModelRun"], { error?: { code: string; message: string }; task_inputs?: unknown; task_outputs?: unknown }>;
export type Queue = Answer<Schemas["QueueStatus"]>;
export type ItemState = Schemas["ItemState"];
export type QueueItem = With<Schemas["QueueItem"], { payload?: unknown; checkpoint?: unknown }>;
export type Schedule = Answer<Schemas["WorkSchedule"]>;
export type WorkNode = Answer<Schemas["Node"]>;
export type Lease = Answer<Schemas["Lease"]>;
export type Experiment = With<Schemas["Experiment"], { tags: Record<string, string>; custom_properties: Record<string, unknown> }>;
export type RunStatus = Schemas["RunStatus"];
export type MetricValue = Answer<Schemas["MetricValue"]>;
export type Run = With<Schemas["Run"], { metrics: Record<string, MetricValue>; parameters: Record<string, string>; tags: Record<string, string>; custom_properties: Record<string, unknown> }>;
export type RunArtifact = With<Schemas["RunArtifact"], { custom_properties: Record<string, unknown> }>;
export type MetricCurve = Answer<Schemas["MetricCurve"]>;
export type Lineage = Answer<Schemas["Lineage"]>;
export type SearchAnswer = Answer<Schemas["SearchAnswer"]>;
export type SearchHit = SearchAnswer["hits"][number];
export type Upload = Answer<Schemas["Upload"]>;
export type UploadPart = Answer<Schemas["UploadPart"]>;
export type RolloutState = Schemas["RolloutState"];
export type Strategy = Answer<Schemas["Strategy"]>;
export type StrategyStep = Strategy["steps"][number];
export type Check = Strategy["analysis"][number];
export type Rollout = Answer<Schemas["Rollout"]>;
export type RolloutStep = Rollout["steps"][number];
export type Analysis = Answer<Schemas["Analysis"]>;
export type StepFigures = Answer<Schemas["StepFigures"]>;
export type CheckResult = Analysis["checks"][number];
export type TrafficShare = Schemas["TrafficShare"];
export type Webhook = Answer<Schemas["Webhook"]>;
export type Delivery = With<Schemas["Delivery"], { body?: unknown }>;
export type DeliveryState = Schemas["DeliveryState"];
export type NewWebhook = Schemas["NewWebhookBody"];
export type Transfer = Answer<Schemas["Transfer"]>;
export type FindingVerdict = Schemas["FindingVerdict"];
export type Diagnosis = Answer<Schemas["Diagnosis"]>;
export type Backup = Answer<Schemas["BackupRecord"]>;
export type StorageUse = Answer<Schemas["StorageUse"]>;
export type BatchingOverride = Answer<Schemas["BatchingOverride"]>;
export type BatchingPatch = Schemas["BatchingPatch"];
export type CapacityPatch = Schemas["CapacityPatch"];
export type Setting = Answer<Schemas["Setting"]>;
export type Comparison = With<Schemas["Comparison"], { sections: { name: string; same: number; changed: number; rows: { name: string; values: unknown[]; change: Schemas["Difference"]; best?: number[] }[] }[] }>;
export type DeploymentState = Schemas["DeploymentState"];
export type ReplicaState = Schemas["ReplicaState"];

/** One event of the log, as GET /api/v1/events tells it. */
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

export type Path = keyof paths;
/** What stands in braces in a path. */
export type InPath<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Record<Name, string | number> & InPath<Rest> : unknown;
