// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { charted } from "../../api/charted.ts";
import * as queries from "../../api/queries.ts";
import type { Deployment, LogEntry } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import type { Mark } from "../../charts/plot.tsx";
import { bytes, milliseconds } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const Plot = lazy(() => import("../../charts/plot.tsx"));
const route = getRouteApi("/deployments/$namespace/$deployment");
const spans = { "5": "5 min", "15": "15 min", "60": "1 h" };
type Span = keyof typeof spans;

/** Requests, errors, latency and memory on one time axis, with what happened drawn in. */
export function Charts({ deployment }: { deployment: Deployment }) {
  const { span, zoom } = route.useSearch();
  const navigate = route.useNavigate();
  const { points, error } = useQuery(charted(deployment.namespace, deployment.slug)).data;
  const log = useQuery(queries.logs(deployment.namespace, deployment.slug)).data;
  const wanted: Span = span && span in spans ? (span as Span) : "5";
  const set = (change: { span?: string | undefined; zoom?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });

  const now = points.at(-1)?.time ?? Date.now() / 1000;
  const fixed = useMemo(() => zoomed(zoom), [zoom]);
  const range: [number, number] = fixed ?? [now - Number(wanted) * 60, now];
  const [from, to] = range;
  const marks = useMemo(() => marksOf(log ?? [], from, to), [log, from, to]);
  const x = useMemo(() => points.map((point) => point.time), [points]);
  // Who answered in the time shown; the one before first.
  const answered = [...new Set(points.filter((point) => point.time >= from && point.time <= to).flatMap((point) => Object.entries(point.revisions).filter(([, rate]) => rate > 0).map(([revision]) => revision)))].sort((a, b) => Number(a) - Number(b)).slice(-3).join();
  const revisions = useMemo(() => answered.split(",").filter(Boolean), [answered]);
  const versions = useMemo(() => new Map(deployment.revisions.map((one) => [String(one.number), `v${one.version}`])), [deployment.revisions]);
  const lines = useMemo(
    () => ({
      rate: revisions.length > 1 ? revisions.map((revision, i) => ({ name: versions.get(revision) ?? `r${revision}`, values: points.map((point) => point.revisions[revision] ?? 0), colour: i + 1, dash: i > 0 })) : [{ name: "requests", values: points.map((point) => point.rate), colour: 1 }],
      errors: [{ name: "errors", values: points.map((point) => point.errorRate), colour: 5 }],
      latency: [
        { name: "p50", values: points.map((point) => point.p50), colour: 1 },
        { name: "p90", values: points.map((point) => point.p90), colour: 4 },
        { name: "p99", values: points.map((point) => point.p99), colour: 2, dash: true },
      ],
      memory: [{ name: "memory", values: points.map((point) => point.memory), colour: 3 }],
      queue: [{ name: "wait", values: points.map((point) => point.wait), colour: 4 }],
      batch: [{ name: "rows", values: points.map((point) => point.rows), colour: 6 }],
    }),
    [points, revisions, versions],
  );
  const measured = { queue: points.some((point) => point.wait !== null), batch: points.some((point) => point.rows !== null) };
  const shared = { x, marks, range, time: true, sync: `deployment ${deployment.id}`, onRange: (next: [number, number] | undefined) => set({ zoom: next ? next.map((value) => Math.round(value)).join("-") : undefined }) };
  const frame = "rounded-panel border border-line bg-surface";
  return (
    <section aria-label="Charts">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2>Figures</h2>
        <span className="text-12 text-fg-3">{points.length > 1 ? "every 2 s, kept while this tab is open" : "measuring; the first points come in a few seconds"}</span>
        <span className="ml-auto flex items-center gap-2">
          {fixed ? <Button small onClick={() => set({ zoom: undefined })}>Show all again</Button> : null}
          <Segments<Span> label="Time shown" value={wanted} onChange={(next) => set({ span: next === "5" ? undefined : next, zoom: undefined })} options={Object.entries(spans).map(([value, label]) => ({ value: value as Span, label }))} />
        </span>
      </div>
      {error ? <div className="mb-3"><Note tone="warn" title="The figures could not be read"><Reason problem={error} /></Note></div> : null}
      <Suspense fallback={<Bone className="late h-52 rounded-panel" />}>
        <div className="grid grid-cols-2 gap-3 max-wide:grid-cols-[minmax(0,1fr)]">
          <Plot {...shared} className={frame} title="Requests" unit="per second" lines={lines.rate} format={short} />
          <Plot {...shared} className={frame} title="Latency" lines={lines.latency} format={milliseconds} />
          <Plot {...shared} className={frame} title="Errors" unit="% of requests" lines={lines.errors} format={short} />
          <Plot {...shared} className={frame} title="Memory" unit="of the loaded model" lines={lines.memory} format={bytes} />
          {measured.queue ? <Plot {...shared} className={frame} title="Queue" unit="time waited, mean" lines={lines.queue} format={milliseconds} /> : null}
          {measured.batch ? <Plot {...shared} className={frame} title="Batch" unit="rows run together, mean" lines={lines.batch} format={short} /> : null}
        </div>
      </Suspense>
    </section>
  );
}

function short(value: number): string {
  return value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function zoomed(text: string | undefined): [number, number] | undefined {
  const [from, to] = (text ?? "").split("-").map(Number);
  return from && to && to > from ? [from, to] : undefined;
}

/** The log's lines that changed what is measured: revisions, states that last, starts and stops. */
export function marksOf(entries: LogEntry[], from: number, to: number): Mark[] {
  return entries.flatMap(({ time, level, message }) => {
    const x = Date.parse(time) / 1000;
    if (!(x >= from && x <= to)) return [];
    const revision = /^revision (\d+) runs version (\d+)/.exec(message);
    const ready = /^revision (\d+) .*is (READY|FAILED|STOPPED|UNLOADED)/.exec(message);
    const bad = /^(err|fatal)/i.test(level) || /FAILED/.test(message);
    const moved = /^roll-out (\d+) to revision \d+: (\w+)(?:, step (\d+) with (\d+) %)?/.exec(message);
    if (moved) return [{ x, label: moved[4] ? `${moved[4]} %` : moved[2]!.toLowerCase().replace("_", " "), bad: moved[2] === "ROLLED_BACK" }];
    if (revision) return [{ x, label: `v${revision[2]} begins` }];
    if (ready) return [{ x, label: `r${ready[1]} ${ready[2]!.toLowerCase()}`, bad }];
    if (/stopped|started|undeployed/i.test(message)) return [{ x, label: message.split(" ")[0]!.slice(0, 16), bad }];
    return bad ? [{ x, label: "error", bad }] : [];
  });
}
