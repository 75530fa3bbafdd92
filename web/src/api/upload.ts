// SPDX-License-Identifier: Apache-2.0
//
// Pushes files as a version, by the OCI protocol like every other client: what the server has already is not sent, and
// a lost connection goes on from the last byte that arrived. What is large goes in parts (parts.ts).
import * as packing from "../logic/packing.ts";
import { hex, sha256 } from "../logic/sha256.ts";
import { call, Problem } from "./client.ts";
import { digestOf } from "./digest.ts";
import { backoff } from "./events.ts";
import { inParts, sendParts } from "./parts.ts";

export interface UploadFile {
  path: string;
  file: Blob;
}
export type FileProgress = { path: string; size: number; hashed: number; sent: number; /** Bytes of it that were there from an earlier try. */ resumed?: number; state: "queued" | "hashing" | "sending" | "waiting" | "stored" | "known" };
export interface Progress {
  files: FileProgress[];
  stage: "files" | "sealing" | "done";
}

const part = 8 << 20;
const tries = 8;

export interface Pushed {
  digest: string;
}

export async function push(ns: string, model: string, tag: string, files: UploadFile[], onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<Pushed> {
  const repository = `/v2/${encodeURIComponent(ns)}/${encodeURIComponent(model)}`;
  const progress: Progress = { stage: "files", files: files.map(({ path, file }) => ({ path, size: file.size, hashed: 0, sent: 0, state: "queued" })) };
  const tell = () => onProgress({ stage: progress.stage, files: progress.files.map((file) => ({ ...file })) });
  tell();
  const packed: packing.PackedFile[] = [];
  for (const [i, { path, file }] of files.entries()) {
    const row = progress.files[i]!;
    row.state = "hashing";
    const digest = await digestOf(file, (done) => ((row.hashed = done), tell()), signal);
    packed.push({ path, size: file.size, digest });
    row.state = "sending";
    tell();
    const known = await sendFile({ ns, model, repository }, digest, file, row, tell, signal);
    row.state = known ? "known" : "stored";
    row.sent = file.size;
    tell();
  }
  progress.stage = "sealing";
  tell();
  const config = new TextEncoder().encode(packing.config(packed));
  const configDigest = `sha256:${hex(sha256(config))}`;
  const silent: FileProgress = { path: "", size: config.length, hashed: 0, sent: 0, state: "sending" };
  await sendBlob(repository, configDigest, new Blob([config]), silent, () => undefined, signal);
  const body = packing.manifest({ digest: configDigest, size: config.length }, packed);
  const answer = await call(`${repository}/manifests/${encodeURIComponent(tag)}`, { method: "PUT", body, headers: { "Content-Type": packing.manifestType }, signal });
  progress.stage = "done";
  tell();
  return { digest: answer.headers.get("Docker-Content-Digest") ?? `sha256:${hex(sha256(body))}` };
}

/** True where the server had the blob already. */
async function sendFile(to: { ns: string; model: string; repository: string }, digest: string, file: Blob, row: FileProgress, tell: () => void, signal: AbortSignal): Promise<boolean> {
  if (file.size < inParts) return sendBlob(to.repository, digest, file, row, tell, signal);
  const head = await call(`${to.repository}/blobs/${digest}`, { method: "HEAD", accept: [404], signal });
  if (head.ok) return true;
  await sendParts(to.ns, to.model, digest, file, row, tell, signal);
  return false;
}

export async function sendBlob(repository: string, digest: string, blob: Blob, row: FileProgress, tell: () => void, signal: AbortSignal): Promise<boolean> {
  const head = await call(`${repository}/blobs/${digest}`, { method: "HEAD", accept: [404], signal });
  if (head.ok) return true;
  // Of the same bytes, begun in this browser before: it goes on where it was.
  const kept = `souk.upload ${repository} ${digest}`;
  let location = blob.size > part ? remembered(kept) : "";
  let sent = location ? await resumeAt(location, -1, signal).catch(() => -1) : -1;
  if (sent > 0) row.resumed = sent;
  if (sent < 0) {
    location = place(await call(`${repository}/blobs/uploads/`, { method: "POST", signal }), "");
    sent = 0;
  }
  row.sent = sent;
  let failures = 0;
  while (sent < blob.size) {
    const end = Math.min(sent + part, blob.size);
    try {
      const answer = await call(location, {
        method: "PATCH",
        body: blob.slice(sent, end),
        headers: { "Content-Type": "application/octet-stream", "Content-Range": `${sent}-${end - 1}` },
        signal,
      });
      location = place(answer, location);
      if (blob.size > part) remember(kept, location);
      sent = end;
      failures = 0;
    } catch (cause) {
      if (signal.aborted || !(cause instanceof Problem) || (cause.status !== 0 && cause.status !== 416 && cause.status < 500) || ++failures > tries) throw cause;
      row.state = "waiting";
      tell();
      await new Promise((resolve) => setTimeout(resolve, backoff(failures)));
      sent = await resumeAt(location, sent, signal);
      row.state = "sending";
    }
    row.sent = sent;
    tell();
  }
  const joint = location.includes("?") ? "&" : "?";
  await call(`${location}${joint}digest=${encodeURIComponent(digest)}`, { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, signal });
  remember(kept, "");
  return false;
}

function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}
function remember(key: string, value: string): void {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    /* nothing is kept: it begins anew after a reload */
  }
}

/** Where the session goes on: the path only, for a proxy before souk may have another origin than souk believes. */
function place(answer: Response, otherwise: string): string {
  const location = answer.headers.get("Location");
  if (!location) return otherwise;
  const url = new URL(location, window.location.href);
  return url.pathname + url.search;
}

async function resumeAt(location: string, otherwise: number, signal: AbortSignal): Promise<number> {
  try {
    const answer = await call(location, { signal });
    const last = /(\d+)$/.exec(answer.headers.get("Range") ?? "")?.[1];
    return last === undefined ? 0 : last === "0" ? 0 : Number(last) + 1;
  } catch (cause) {
    if (cause instanceof Problem && cause.status === 404) throw cause;
    return otherwise;
  }
}
