// SPDX-License-Identifier: Apache-2.0
//
// A large file, sent in parts side by side, each with its checksum. The server keeps what arrived: the same file, chosen
// again after a reload, in another tab or after the server came back, goes on where it was.
import { at, call, callJson, Problem } from "./client.ts";
import { digestOf } from "./digest.ts";
import { backoff } from "./events.ts";
import { all } from "./queries.ts";
import type { FileProgress } from "./upload.ts";
import type { Upload, UploadPart } from "./types.ts";

/** From here on parts pay. */
export const inParts = 16 << 20;
const atOnce = 4;
const tries = 10;
const uploads = "/api/v1/namespaces/{ns}/models/{model}/uploads";
const one = `${uploads}/{upload}` as const;

export async function sendParts(ns: string, model: string, digest: string, file: Blob, row: FileProgress, tell: () => void, signal: AbortSignal): Promise<void> {
  const upload = await found(ns, model, digest, file.size, signal);
  const where = { ns, model, upload: upload.id };
  const sizeOf = (number: number) => Math.min(upload.part_size, file.size - (number - 1) * upload.part_size);
  const there = new Set((await all<UploadPart>(at(`${one}/parts`, where), "parts", signal)).map(({ number }) => number));
  row.sent = [...there].reduce((sum, number) => sum + sizeOf(number), 0);
  if (row.sent > 0) row.resumed = row.sent;
  tell();
  const missing = Array.from({ length: upload.part_count }, (_, i) => i + 1).filter((number) => !there.has(number));
  // One that fails for good ends them all.
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const sender = async () => {
    for (let number; (number = missing.shift()) !== undefined; ) {
      const begin = (number - 1) * upload.part_size;
      await sendPart(at(`${one}/parts/{number}`, { ...where, number }), file.slice(begin, begin + upload.part_size), row, tell, either);
      row.sent += sizeOf(number);
      row.state = "sending";
      tell();
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, sender));
  } catch (cause) {
    ended.abort(cause);
    throw cause;
  }
  await patiently(row, tell, signal, () => call(at(`${one}:complete`, where), { method: "POST", json: { digest }, signal }));
}

/** The upload of these bytes that was begun already, else a new one. */
async function found(ns: string, model: string, digest: string, size: number, signal: AbortSignal): Promise<Upload> {
  const path = at(uploads, { ns, model });
  const begun = await call(path, { accept: [404], signal }); // the model may be new
  const known = begun.ok ? ((await begun.json()) as { uploads: Upload[] }).uploads.find((upload) => upload.state === "OPEN" && upload.digest === digest && upload.size === size) : undefined;
  return known ?? callJson<Upload>(path, { method: "POST", json: { size, digest }, signal });
}

async function sendPart(path: string, part: Blob, row: FileProgress, tell: () => void, signal: AbortSignal): Promise<void> {
  const checksum = await checksumOf(part, signal);
  await patiently(row, tell, signal, () => call(path, { method: "PUT", body: part, headers: { "Content-Type": "application/octet-stream", "Content-Digest": `sha-256=:${checksum}:` }, signal }));
}

/** Tries again while souk does not answer; what it refuses is refused. */
async function patiently(row: FileProgress, tell: () => void, signal: AbortSignal, send: () => Promise<unknown>): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      await send();
      return;
    } catch (cause) {
      const passing = cause instanceof Problem && (cause.status === 0 || cause.status === 429 || cause.status >= 500);
      if (signal.aborted || !passing || failures > tries) throw cause;
      row.state = "waiting";
      tell();
      await new Promise((resolve) => setTimeout(resolve, backoff(failures)));
    }
  }
}

/** Plain http away from loopback has no WebCrypto; there our own does it, off the page's thread. */
async function checksumOf(part: Blob, signal: AbortSignal): Promise<string> {
  if (globalThis.isSecureContext) return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()))));
  const hex = (await digestOf(part, () => undefined, signal)).slice("sha256:".length);
  return btoa(hex.replace(/../g, (byte) => String.fromCharCode(parseInt(byte, 16))));
}
