// SPDX-License-Identifier: Apache-2.0
//
// Asking a deployment, as the playground does: the same calls that curl makes, with what came beside the answer.
import type { TensorData } from "../logic/tensors.ts";
import { inferPath, type Target, triggerPath } from "../logic/snippets.ts";
import { call } from "./client.ts";

export interface Part {
  name: string;
  ms: number;
}
export interface Answer {
  status: number;
  headers: [string, string][];
  body: unknown;
  roundTripMs: number;
  parts: Part[];
  digest: string | undefined;
  traceId: string | undefined;
}
export interface Classified {
  category: string;
  score: number;
  scores: { category: string; score: number }[];
}

async function send(path: string, body: string, signal?: AbortSignal): Promise<Answer> {
  const begin = performance.now();
  const answer = await call(path, { method: "POST", body, headers: { "Content-Type": "application/json" }, signal });
  const text = await answer.text();
  const roundTripMs = performance.now() - begin;
  const wanted = ["content-type", "souk-version-digest", "souk-trace-id", "server-timing"];
  return {
    status: answer.status,
    headers: wanted.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)!] as [string, string]] : [])),
    body: JSON.parse(text) as unknown,
    roundTripMs,
    parts: serverTiming(answer.headers.get("server-timing")),
    digest: answer.headers.get("souk-version-digest") ?? undefined,
    traceId: answer.headers.get("souk-trace-id") ?? undefined,
  };
}

export function infer(target: Target, body: string, signal?: AbortSignal): Promise<Answer> {
  return send(inferPath(target), body, signal);
}

export function classify(target: Target, base64: string, signal?: AbortSignal): Promise<Answer> {
  return send(triggerPath(target), JSON.stringify({ task_inputs: [{ data: { type: "image-base64", "image-base64": base64 } }] }), signal);
}

/** "queue;dur=0.07, model;dur=0.41" (W3C Server Timing). */
export function serverTiming(header: string | null): Part[] {
  return (header ?? "").split(",").flatMap((entry) => {
    const [name = "", ...parameters] = entry.trim().split(";");
    const duration = parameters.map((one) => /^\s*dur\s*=\s*"?([\d.]+)"?/.exec(one)?.[1]).find(Boolean);
    return name && duration !== undefined ? [{ name, ms: Number(duration) }] : [];
  });
}

export function classified(answer: Answer | undefined): Classified | undefined {
  const body = answer?.body as { task_outputs?: { data?: Partial<Classified> }[] } | undefined;
  const data = body?.task_outputs?.[0]?.data;
  if (data?.category === undefined) return undefined;
  const score = data.score ?? 0;
  return { category: data.category, score, scores: data.scores ?? [{ category: data.category, score }] };
}

export function tensorsOf(answer: Answer | undefined): TensorData[] | undefined {
  const outputs = (answer?.body as { outputs?: TensorData[] } | undefined)?.outputs;
  return Array.isArray(outputs) ? outputs : undefined;
}
