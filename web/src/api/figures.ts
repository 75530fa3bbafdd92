// SPDX-License-Identifier: Apache-2.0
//
// The figures of deployments over time. Requests make no events, so this reads /metrics every two seconds, as any
// monitoring does, and only while a chart is looked at. What was read stays for this tab, whichever page is shown.
import { useSyncExternalStore } from "react";
import { between, type Point, type Reading, readingsOf } from "../logic/exposition.ts";
import { call } from "./client.ts";

const every = 2000;
/** An hour of points. */
const most = 1800;

interface Kept {
  last?: Reading;
  points: Point[];
}
const kept = new Map<string, Kept>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let fault: Error | undefined;
const none: Point[] = [];

async function read(): Promise<void> {
  try {
    const text = await (await call("/metrics")).text();
    for (const [deployment, reading] of readingsOf(text, Date.now())) {
      const one = kept.get(deployment) ?? { points: [] };
      const point = one.last && reading.time - one.last.time < 15 * every ? between(one.last, reading) : undefined;
      const gap = one.last && !point ? [{ time: reading.time / 1000, rate: 0, errorRate: null, p50: null, p90: null, p99: null, memory: null, wait: null, rows: null, revisions: {} }] : [];
      kept.set(deployment, { last: reading, points: [...one.points, ...(point ? [point] : gap)].slice(-most) });
    }
    fault = undefined;
  } catch (cause) {
    fault = cause as Error;
  }
  listeners.forEach((tell) => tell());
}

async function run(): Promise<void> {
  if (document.visibilityState === "visible") await read();
  if (listeners.size > 0) timer = setTimeout(() => void run(), every);
  else timer = undefined;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) timer = setTimeout(() => void run(), 0);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
}

export function useFigures(namespace: string, deployment: string): { points: Point[]; error: Error | undefined } {
  const points = useSyncExternalStore(subscribe, () => kept.get(`${namespace}/${deployment}`)?.points ?? none);
  const error = useSyncExternalStore(subscribe, () => fault);
  return { points, error };
}
