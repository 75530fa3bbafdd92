// SPDX-License-Identifier: Apache-2.0
//
// What pages do. The event that a change causes brings it to every page; nothing here touches what is shown.
import { at, call, callJson } from "./client.ts";
import type { BatchingPatch, CapacityPatch, Deployment, Model, Namespace, Strategy, TrafficShare } from "./types.ts";

const one = "/api/v1/namespaces/{ns}/models/{model}";
const ifMatch = (etag: string | undefined): Record<string, string> => (etag ? { "If-Match": etag } : {});

export function createNamespace(slug: string): Promise<Namespace> {
  return callJson<Namespace>(at("/api/v1/namespaces", {}), { method: "POST", json: { slug } });
}

export async function setAlias(ns: string, model: string, alias: string, version: number): Promise<void> {
  await call(at(`${one}/aliases/{alias}`, { ns, model, alias }), { method: "PUT", json: { version } });
}
export async function removeAlias(ns: string, model: string, alias: string): Promise<void> {
  await call(at(`${one}/aliases/{alias}`, { ns, model, alias }), { method: "DELETE" });
}
export async function setVersionState(ns: string, model: string, version: number, state: "LIVE" | "ARCHIVED"): Promise<void> {
  await call(at(`${one}/versions/{version}`, { ns, model, version }), { method: "PATCH", json: { state }, headers: { "Content-Type": "application/merge-patch+json" } });
}
export function changeModel(ns: string, model: string, change: { readme?: string; description?: string; state?: "LIVE" | "ARCHIVED" }, etag?: string): Promise<Model> {
  return callJson<Model>(at(one, { ns, model }), { method: "PATCH", json: change, headers: { "Content-Type": "application/merge-patch+json", ...ifMatch(etag) } });
}
export async function deleteModel(ns: string, model: string, etag: string | undefined): Promise<void> {
  await call(at(one, { ns, model }), { method: "DELETE", headers: ifMatch(etag) });
}

export function deploy(ns: string, wanted: { reference: string; name?: string; follow?: boolean; strategy?: Strategy; traffic?: number }): Promise<Deployment> {
  return callJson<Deployment>(at("/api/v1/namespaces/{ns}/deployments", { ns }), { method: "POST", json: wanted });
}
export function changeDeployment(ns: string, slug: string, change: { desired_state?: "RUNNING" | "STOPPED"; follow?: boolean; reference?: string; strategy?: Strategy; traffic?: TrafficShare[]; capacity?: CapacityPatch; batching?: BatchingPatch | null }, etag?: string): Promise<Deployment> {
  return callJson<Deployment>(at("/api/v1/namespaces/{ns}/deployments/{deployment}", { ns, deployment: slug }), { method: "PATCH", json: change, headers: { "Content-Type": "application/merge-patch+json", ...ifMatch(etag) } });
}
export async function undeploy(ns: string, slug: string): Promise<void> {
  await call(at("/api/v1/namespaces/{ns}/deployments/{deployment}", { ns, deployment: slug }), { method: "DELETE" });
}
