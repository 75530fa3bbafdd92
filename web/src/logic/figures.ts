// SPDX-License-Identifier: Apache-2.0
//
// Points of charts, out of what is told of a deployment: sums since the server started, and when they were read.
import type { DeploymentFigures } from "../api/types.ts";

/** Cumulative since the server's start. */
export interface Reading extends DeploymentFigures {
  /** In ms. */
  time: number;
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

/** The quantile of what came between two readings, in ms; linear within a bucket. */
export function quantileBetween(before: Reading, after: Reading, share: number): number | null {
  const old = new Map(before.latency.map(({ le, count }) => [le, count]));
  const counts = after.latency.map(({ le, count }) => ({ le, count: count - (old.get(le) ?? 0) }));
  const total = counts.at(-1)?.count ?? 0;
  if (total <= 0) return null;
  const wanted = share * total;
  let low = 0;
  let below = 0;
  for (const { le, count } of counts) {
    if (le === undefined) break; // longer than any bound
    if (count >= wanted) return (low + ((le - low) * (wanted - below)) / Math.max(1e-12, count - below)) * 1000;
    low = le;
    below = count;
  }
  return low * 1000;
}

/** Of all since the server's start, in ms; 0 where nothing came. */
export function quantileOf(reading: Reading, share: number): number {
  return quantileBetween({ ...reading, latency: [] }, reading, share) ?? 0;
}

type Sum = DeploymentFigures["queue_seconds"];
function mean(before: Sum, after: Sum): number | null {
  const count = (after?.count ?? 0) - (before?.count ?? 0);
  return after && count > 0 ? (after.sum - (before?.sum ?? 0)) / count : null;
}

/** Undefined where the server began anew between the two. */
export function between(before: Reading, after: Reading): Point | undefined {
  const seconds = (after.time - before.time) / 1000;
  const requests = after.requests - before.requests;
  if (seconds <= 0 || requests < 0) return undefined;
  const errors = after.errors - before.errors;
  const old = new Map(before.revisions.map(({ revision, requests }) => [revision, requests]));
  const wait = mean(before.queue_seconds, after.queue_seconds);
  return {
    time: after.time / 1000,
    rate: requests / seconds,
    errorRate: requests > 0 ? (errors / requests) * 100 : null,
    p50: quantileBetween(before, after, 0.5),
    p90: quantileBetween(before, after, 0.9),
    p99: quantileBetween(before, after, 0.99),
    memory: after.memory_bytes > 0 ? after.memory_bytes : null,
    wait: wait === null ? null : wait * 1000,
    rows: mean(before.batch_rows, after.batch_rows),
    revisions: Object.fromEntries(after.revisions.map(({ revision, requests }) => [revision, Math.max(0, requests - (old.get(revision) ?? 0)) / seconds])),
  };
}

/** What is told of a deployment, as it came. */
export interface Told {
  time: string;
  /** When it was measured before: until then nothing happened. */
  since?: string;
  deployment: DeploymentFigures;
}
export interface Kept {
  last?: Reading;
  points: Point[];
}
/** An hour of them, one every two seconds. */
const most = 1800;
/** Longer apart, and what was between is not known. */
const farApart = 30_000;

/** One more point; a gap where nobody watched, or the server began anew. */
export function taken({ last, points }: Kept, told: Told): Kept {
  const after: Reading = { ...told.deployment, time: Date.parse(told.time) };
  const since = told.since === undefined ? NaN : Date.parse(told.since);
  const more: Point[] = [];
  let before = last;
  if (before && since - before.time > 100) {
    const still = { ...before, time: since };
    const rest = between(before, still);
    if (rest) more.push(rest);
    before = still;
  }
  const point = before && after.time - before.time < farApart ? between(before, after) : undefined;
  if (point) more.push(point);
  else if (before) more.push({ time: after.time / 1000, rate: 0, errorRate: null, p50: null, p90: null, p99: null, memory: null, wait: null, rows: null, revisions: {} });
  return { last: after, points: [...points, ...more].slice(-most) };
}
