// SPDX-License-Identifier: Apache-2.0
//
// What a run logs arrives with its event: it is put into what is shown, so that a run that logs often costs no reads.
import type { QueryClient } from "@tanstack/react-query";
import type { Change, MetricValue, Run } from "./types.ts";

interface Logged {
  metrics?: Record<string, MetricValue>;
  parameters?: string[];
  artifacts?: string[];
}

/** Whether the event says all there is to know. Of a parameter or an artifact it says the name alone. */
export function takesAll(change: Change): boolean {
  const { parameters = [], artifacts = [] } = (change.data ?? {}) as Logged;
  return parameters.length === 0 && artifacts.length === 0;
}

export function takeLogged(client: QueryClient, change: Change): void {
  const { metrics } = (change.data ?? {}) as Logged;
  if (change.type !== "run.logged" || !metrics) return;
  const taken = (old: Run): Run => (old.id === change.id ? { ...old, metrics: { ...old.metrics, ...newer(old.metrics, metrics) } } : old);
  client.setQueriesData<{ pages: { runs: Run[] }[]; pageParams: unknown[] }>({ queryKey: ["runs", change.namespace] }, (old) => {
    if (!old?.pages.some((page) => page.runs.some(({ id }) => id === change.id))) return old;
    return { ...old, pages: old.pages.map((page) => (page.runs.some(({ id }) => id === change.id) ? { ...page, runs: page.runs.map(taken) } : page)) };
  });
  client.setQueriesData<Run>({ queryKey: ["run", change.namespace, String(change.id), "self"] }, (old) => old && taken(old));
}

function newer(known: Record<string, MetricValue>, told: Record<string, MetricValue>): Record<string, MetricValue> {
  return Object.fromEntries(Object.entries(told).filter(([name, { step }]) => known[name] === undefined || step >= known[name].step));
}
