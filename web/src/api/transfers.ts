// SPDX-License-Identifier: Apache-2.0
//
// A namespace as one archive, and back. Changes of a job are events; how far it is, the stream tells while it is looked at.
import { queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { digestOf } from "./digest.ts";
import type { Transfer } from "./types.ts";
import { type FileProgress, sendBlob } from "./upload.ts";

export const goesOn = ({ state }: Transfer): boolean => state === "QUEUED" || state === "RUNNING";
const meta = (ns: string) => ({ figures: `transfers:${ns}` });

/** The latest first. */
export const exports = (ns: string) => queryOptions({ queryKey: ["transfers", ns, "exports"], queryFn: async ({ signal }) => (await callJson<{ exports: Transfer[] }>(at("/api/v1/namespaces/{ns}/exports", { ns }), { signal })).exports, meta: meta(ns) });
export const imports = (ns: string) => queryOptions({ queryKey: ["transfers", ns, "imports"], queryFn: async ({ signal }) => (await callJson<{ imports: Transfer[] }>(at("/api/v1/namespaces/{ns}/imports", { ns }), { signal })).imports, meta: meta(ns) });

export const beginExport = (ns: string) => callJson<Transfer>(at("/api/v1/namespaces/{ns}/exports", { ns }), { method: "POST" });
export async function cancelTransfer({ namespace: ns, kind, id }: Transfer): Promise<void> {
  await call(kind === "EXPORT" ? at("/api/v1/namespaces/{ns}/exports/{export}:cancel", { ns, export: id }) : at("/api/v1/namespaces/{ns}/imports/{import}:cancel", { ns, import: id }), { method: "POST" });
}

/** Uploads the archive, which goes on where it was when the same file is chosen again, and begins the import of it. */
export async function importArchive(ns: string, file: File, skip: boolean, tell: (progress: FileProgress) => void, signal: AbortSignal): Promise<Transfer> {
  const row: FileProgress = { path: file.name, size: file.size, hashed: 0, sent: 0, state: "hashing" };
  const say = () => tell({ ...row });
  say();
  const archive = await digestOf(file, (done) => ((row.hashed = done), say()), signal);
  row.state = "sending";
  await sendBlob(`/v2/${encodeURIComponent(ns)}/namespace-archives`, archive, file, row, say, signal);
  row.sent = file.size;
  row.state = "stored";
  say();
  return callJson<Transfer>(at("/api/v1/namespaces/{ns}/imports", { ns }), { method: "POST", json: { archive, conflict: skip ? "SKIP" : "FAIL" }, signal });
}
