// SPDX-License-Identifier: Apache-2.0
//
// Reads the figures of one deployment out of /metrics (Prometheus text format 0.0.4), and rates between two readings.

/** Cumulative since the server's start. */
export interface Reading {
  time: number;
  requests: number;
  errors: number;
  memory: number;
  /** Requests that took at most `le` seconds, by rising `le`. */
  buckets: { le: number; count: number }[];
  /** Seconds that requests waited before the model ran, and rows that it ran over together; absent where not measured. */
  queue?: Sum;
  batch?: Sum;
  /** Requests by revision. */
  revisions: Map<string, number>;
}
interface Sum {
  sum: number;
  count: number;
}

/** One point of the charts: what happened between two readings. */
export interface Point {
  time: number;
  rate: number;
  errorRate: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  memory: number | null;
  /** Mean of the time waited, in ms, and of the rows run together. */
  wait: number | null;
  rows: number | null;
  /** Requests per second by revision. */
  revisions: Record<string, number>;
}

const line = /^(souk_serving_\w+)\{([^}]*)\} (\S+)/;

function labels(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) found[name!] = value!.replace(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));
  return found;
}

/** `deployment`: as the label says it, "namespace/slug". */
export function readingsOf(text: string, time: number): Map<string, Reading> {
  const all = new Map<string, Reading>();
  for (const row of text.split("\n")) {
    const [, name, inside, said] = line.exec(row) ?? [];
    if (!name) continue;
    const { deployment, code, le, revision } = labels(inside!);
    if (deployment === undefined) continue;
    let reading = all.get(deployment);
    if (!reading) all.set(deployment, (reading = { time, requests: 0, errors: 0, memory: 0, buckets: [], revisions: new Map() }));
    const value = Number(said);
    if (name === "souk_serving_requests_total") {
      reading.requests += value;
      if (code !== "OK" && code !== "ok") reading.errors += value;
    } else if (name === "souk_serving_replica_memory_bytes") reading.memory += value;
    else if (name === "souk_serving_request_duration_seconds_bucket") reading.buckets.push({ le: le === "+Inf" ? Infinity : Number(le), count: value });
    else if (name === "souk_serving_revision_requests_total" && revision !== undefined) reading.revisions.set(revision, (reading.revisions.get(revision) ?? 0) + value);
    else {
      const [, kind, part] = /^souk_serving_revision_(queue_duration_seconds|batch_rows)_(sum|count)$/.exec(name) ?? [];
      if (kind === undefined) continue;
      const whole = (reading[kind === "batch_rows" ? "batch" : "queue"] ??= { sum: 0, count: 0 });
      whole[part as keyof Sum] += value;
    }
  }
  return all;
}

/** The quantile of what came between two readings, in ms; linear within a bucket. */
export function quantileBetween(before: Reading, after: Reading, share: number): number | null {
  const old = new Map(before.buckets.map(({ le, count }) => [le, count]));
  const counts = after.buckets.map(({ le, count }) => ({ le, count: count - (old.get(le) ?? 0) }));
  const total = counts.at(-1)?.count ?? 0;
  if (total <= 0) return null;
  const wanted = share * total;
  let low = 0;
  let below = 0;
  for (const { le, count } of counts) {
    if (count >= wanted) {
      if (le === Infinity) return low * 1000;
      return (low + ((le - low) * (wanted - below)) / Math.max(1e-12, count - below)) * 1000;
    }
    low = le;
    below = count;
  }
  return low * 1000;
}

function mean(before: Sum | undefined, after: Sum | undefined): number | null {
  const count = (after?.count ?? 0) - (before?.count ?? 0);
  return after && count > 0 ? (after.sum - (before?.sum ?? 0)) / count : null;
}

/** Undefined where the server began anew between the two. */
export function between(before: Reading, after: Reading): Point | undefined {
  const seconds = (after.time - before.time) / 1000;
  const requests = after.requests - before.requests;
  if (seconds <= 0 || requests < 0) return undefined;
  const errors = after.errors - before.errors;
  const wait = mean(before.queue, after.queue);
  return {
    time: after.time / 1000,
    rate: requests / seconds,
    errorRate: requests > 0 ? (errors / requests) * 100 : null,
    p50: quantileBetween(before, after, 0.5),
    p90: quantileBetween(before, after, 0.9),
    p99: quantileBetween(before, after, 0.99),
    memory: after.memory > 0 ? after.memory : null,
    wait: wait === null ? null : wait * 1000,
    rows: mean(before.batch, after.batch),
    revisions: Object.fromEntries([...after.revisions].map(([revision, count]) => [revision, Math.max(0, count - (before.revisions.get(revision) ?? 0)) / seconds])),
  };
}

/** The server as a whole, out of the same text. What a server does not tell is undefined. */
export interface Summary {
  requests: number;
  failed: number;
  refused: number;
  inferences: number;
  connections: number | undefined;
  memory: number | undefined;
  diskFree: number | undefined;
  files: [open: number, most: number] | undefined;
  databaseSilence: number | undefined;
  watchers: number | undefined;
  /** What loaded models may take on this node, and what they took. */
  memoryBudget: number | undefined;
  memoryHeld: number | undefined;
}

export function summaryOf(text: string): Summary {
  const sums = new Map<string, number>();
  const add = (key: string, value: number) => sums.set(key, (sums.get(key) ?? 0) + value);
  for (const row of text.split("\n")) {
    const [, name, inside, said] = /^(\w+)(?:\{([^}]*)\})? (\S+)/.exec(row) ?? [];
    if (!name || !Number.isFinite(Number(said))) continue;
    add(name, Number(said));
    if (name === "souk_api_requests_total") add(`api ${labels(inside ?? "").status ?? ""}`, Number(said));
  }
  const of = (name: string) => sums.get(name);
  const files = of("process_open_fds");
  return {
    requests: of("souk_api_requests_total") ?? 0,
    failed: of("api 5xx") ?? 0,
    refused: of("api 4xx") ?? 0,
    inferences: of("souk_serving_requests_total") ?? 0,
    connections: of("souk_net_connections"),
    memory: of("process_resident_memory_bytes"),
    diskFree: of("souk_app_disk_free_bytes"),
    files: files === undefined ? undefined : [files, of("process_max_fds") ?? Infinity],
    databaseSilence: of("souk_app_database_silence_seconds"),
    watchers: of("souk_events_subscribers"),
    memoryBudget: of("souk_serving_memory_budget_bytes"),
    memoryHeld: of("souk_serving_memory_held_bytes"),
  };
}
