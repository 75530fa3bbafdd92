// SPDX-License-Identifier: Apache-2.0
//
// Experiments and their runs. What an event of a run changes in these reads: runs-live.ts.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, callJson } from "./client.ts";
import { all, namespaces, type Page, withPage } from "./queries.ts";
import type { Experiment, Lineage, MetricCurve, Run, RunArtifact } from "./types.ts";

const list = "/api/v1/namespaces/{ns}/experiments";
const one = `${list}/{experiment}` as const;
const run_ = `${one}/runs/{run}` as const;
const runsAPage = 500;
/** Points of a curve as drawn: two a pixel column are all one can see. */
const pointsACurve = 1000;

/** `ns` empty: of every visible namespace. */
export const experiments = (ns: string) =>
  queryOptions({
    queryKey: ["experiments", ns],
    queryFn: async ({ signal, client }) => {
      const wanted = ns ? [ns] : (await client.ensureQueryData(namespaces)).map(({ slug }) => slug);
      const found = await Promise.all(wanted.map((each) => all<Experiment>(at(list, { ns: each }), "experiments", signal)));
      return found.flat().sort((a, b) => (a.update_time < b.update_time ? 1 : -1));
    },
  });
export const experiment = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["experiment", ns, slug], queryFn: ({ signal }) => callJson<Experiment>(at(one, { ns, experiment: slug }), { signal }) });

/** Runs, the newest change first, narrowed by the server's filter language. */
export const runs = (ns: string, experiment: string, filter = "") =>
  infiniteQueryOptions({
    queryKey: ["runs", ns, experiment, filter],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Page & { runs: Run[] }>(withPage(at(`${one}/runs`, { ns, experiment }), { filter, order_by: "create_time desc", page_size: String(runsAPage), page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
  });
export const run = (ns: string, experiment: string, id: string) =>
  queryOptions({ queryKey: ["run", ns, id, "self", experiment], queryFn: ({ signal }) => callJson<Run>(at(run_, { ns, experiment, run: id }), { signal }) });
export const artifacts = (ns: string, experiment: string, id: string) =>
  queryOptions({
    queryKey: ["run", ns, id, "artifacts", experiment],
    queryFn: ({ signal }) => all<RunArtifact>(at(`${run_}/artifacts`, { ns, experiment, run: id }), "artifacts", signal, { filter: "kind IN ('MODEL', 'DOC', 'DATASET')" }),
  });
/** What is drawn of a run's metrics; `names` at most a hundred. */
export const curves = (ns: string, experiment: string, id: number, names: readonly string[]) =>
  queryOptions({
    queryKey: ["run", ns, String(id), "curves", experiment, names],
    queryFn: async ({ signal }) =>
      (await callJson<{ metrics: MetricCurve[] }>(withPage(at(`${run_}/metrics`, { ns, experiment, run: id }), { names: names.some((name) => name.includes(",")) ? "" : names.join(","), points: String(pointsACurve) }), { signal })).metrics,
  });
export const lineage = (of: string) =>
  queryOptions({ queryKey: ["lineage", of], queryFn: ({ signal }) => callJson<Lineage>(withPage(at("/api/v1/lineage", {}), { of, depth: "4", nodes: "60" }), { signal }) });
