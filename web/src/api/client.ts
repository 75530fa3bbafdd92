// SPDX-License-Identifier: Apache-2.0
//
// One way to the server: adds the key, reads answers, and turns every failure into a Problem that a page can show.
import { session } from "./session.ts";
import type { InPath, Path } from "./types.ts";

export class Problem extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly traceId: string | undefined;

  constructor(from: { status: number; code?: string; title?: string; detail?: string; hint?: string; field?: string; trace_id?: string }) {
    super(from.detail || from.title || "The server gave no reason.");
    this.name = "Problem";
    this.status = from.status;
    this.code = from.code ?? (from.status === 0 ? "UNAVAILABLE" : "UNKNOWN");
    this.title = from.title ?? "";
    this.hint = from.hint;
    this.field = from.field;
    this.traceId = from.trace_id;
  }
}

/** Reads every error shape the doors have: problem documents, OCI's `errors`, Open Inference's `error`. */
export async function problemOf(answer: Response): Promise<Problem> {
  const trace_id = answer.headers.get("souk-trace-id") ?? undefined;
  const text = await answer.text().catch(() => "");
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === "object") body = parsed as Record<string, unknown>;
  } catch {
    /* not JSON: the status has to speak */
  }
  const first = Array.isArray(body.errors) ? (body.errors[0] as Record<string, unknown> | undefined) : undefined;
  const word = (value: unknown) => (typeof value === "string" && value ? value : undefined);
  const detail = word(body.detail) ?? word(first?.message) ?? word(body.error) ?? word(body.message);
  return new Problem({
    status: answer.status,
    title: word(body.title) ?? answer.statusText,
    detail: detail ?? `The server answered ${answer.status}${answer.statusText ? ` ${answer.statusText}` : ""} and gave no reason.`,
    ...pick("code", word(body.code) ?? word(first?.code)),
    ...pick("hint", word(body.hint)),
    ...pick("field", word(body.field)),
    ...pick("trace_id", word(body.trace_id) ?? trace_id),
  });
}

function pick<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: string });
}

export interface CallOptions {
  method?: string;
  body?: BodyInit | null;
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Answers of these statuses are returned, not thrown. */
  accept?: number[];
}

const reads = new Set(["GET", "HEAD"]);

/** By the tab's key, or by the session's cookie; then what changes something carries the session's token. */
async function identify(method: string, headers: Record<string, string>): Promise<RequestCredentials> {
  const key = session.key();
  if (key) {
    headers.Authorization = `Bearer ${key}`;
    return "omit";
  }
  if (!reads.has(method)) {
    const token = await session.csrf();
    if (token) headers["X-Souk-CSRF"] = token;
  }
  return "same-origin";
}

declare global {
  interface Window {
    /** What app/early.js asked for before this code was there. */
    soukEarly?: { path: string; answer: Promise<Response>; until: number } | undefined;
  }
}
/** The answer that was asked for early, once. */
function early(path: string): Promise<Response> | undefined {
  const asked = typeof window === "undefined" ? undefined : window.soukEarly;
  if (asked?.path !== path) return undefined;
  window.soukEarly = undefined;
  return Date.now() < asked.until ? asked.answer : undefined;
}

/** Sends a call. Throws Problem. A 401 also asks for a sign-in. */
export async function call(path: string, options: CallOptions = {}, again = true): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  let body = options.body ?? null;
  if (options.json !== undefined) {
    body = JSON.stringify(options.json);
    headers["Content-Type"] ??= "application/json";
  }
  const method = options.method ?? "GET";
  if (method === "POST" && path.startsWith("/api/")) headers["Idempotency-Key"] ??= randomId();
  const credentials = await identify(method, headers);
  let answer: Response;
  try {
    answer = await ((method === "GET" && early(path)) || fetch(path, { method, headers, body, credentials, signal: options.signal ?? null }));
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Problem({ status: 0, title: "No answer", detail: "souk does not answer.", hint: "Is the server running, and is this machine still connected to it?" });
  }
  if (answer.ok || options.accept?.includes(answer.status)) return answer;
  const problem = await problemOf(answer);
  if (problem.status === 403 && problem.field === "X-Souk-CSRF" && again) {
    session.staleCsrf();
    return call(path, options, false);
  }
  if (problem.status === 401) session.demand();
  throw problem;
}

export async function callJson<T>(path: string, options: CallOptions = {}): Promise<T> {
  const answer = await call(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A path of the contract with its parts filled in; one that the contract does not have is no path. */
export function at<P extends Path>(path: P, parts: InPath<P>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent((parts as Record<string, string | number>)[name]!));
}
