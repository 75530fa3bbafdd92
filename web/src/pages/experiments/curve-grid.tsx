// SPDX-License-Identifier: Apache-2.0
//
// How metrics went: a chart a metric, a line a run, one cursor and one range over all of them. What is chosen stands in
// the address.
import { useQueries } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { lazy, memo, Suspense, useDeferredValue, useMemo } from "react";
import * as reads from "../../api/experiments.ts";
import type { MetricCurve, Run } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import type { Line } from "../../charts/plot.tsx";
import { type Axis, drawn, joined, rangeOf, writeRange } from "../../logic/curves.ts";
import { age, metric } from "../../logic/format.ts";
import { readIds, writeIds } from "../../logic/runs.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Menu, MenuChecks } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { useTyped } from "../../ui/use-typed.ts";

const Plot = lazy(() => import("../../charts/plot.tsx"));
const shownAtFirst = 12;
const mostCharts = 60;

export interface CurveSearch {
  metrics?: string | undefined;
  x?: string | undefined;
  log?: string | undefined;
  smooth?: string | undefined;
  range?: string | undefined;
}

export const nameOf = (run: Run): string => run.name || `run ${run.id}`;

export function CurveGrid({ runs, search, set }: { runs: Run[]; search: CurveSearch; set: (change: CurveSearch) => void }) {
  const names = useMemo(() => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort(), [runs]);
  const chosen = useMemo(() => (search.metrics ? readIds(search.metrics).filter((name) => names.includes(name)) : names.slice(0, shownAtFirst)).slice(0, mostCharts), [names, search.metrics]);
  const axis: Axis = search.x === "time" ? "time" : "step";
  const range = useMemo(() => rangeOf(search.range), [search.range]);
  const [typed, type] = useTyped(search.smooth ?? "", (text) => set({ smooth: text || undefined }));
  const weight = useDeferredValue(Math.min(0.99, Math.max(0, Number(typed) || 0)));
  const queries = useQueries({
    queries: runs.map((run) => {
      const own = chosen.filter((name) => name in run.metrics);
      return { ...reads.curves(run.namespace, run.experiment, run.id, own), enabled: own.length > 0 };
    }),
  });
  const failed = queries.find((query) => query.error);
  const stamp = queries.map((query) => query.dataUpdatedAt).join();
  const charts = useMemo(() => chosen.map((name) => ({ name, ...linesOf(name, runs, queries.map((query) => query.data), axis, weight) })), [chosen, runs, stamp, axis, weight]);
  if (names.length === 0) return <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">{runs.length === 1 ? "This run" : "None of these runs"} logged a metric yet. What comes is drawn here at once.</p>;
  return (
    <section aria-label="Curves" className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Menu label="Metrics" trigger={<Button><SlidersHorizontal aria-hidden />Metrics <span className="num text-fg-3">{chosen.length} of {names.length}</span></Button>}>
          <MenuChecks checked={chosen} onChange={(name, on) => set({ metrics: writeIds(names.filter((one) => (one === name ? on : chosen.includes(one)))) || undefined })} options={names.map((name) => ({ value: name, label: <span className="max-w-64 truncate">{name}</span> }))} />
        </Menu>
        <Segments<Axis> label="Along" value={axis} onChange={(next) => set({ x: next === "time" ? "time" : undefined, range: undefined })} options={[{ value: "step", label: "Step" }, { value: "time", label: "Time" }]} />
        <Segments<"" | "1"> label="Scale" value={search.log ? "1" : ""} onChange={(next) => set({ log: next || undefined })} options={[{ value: "", label: "Linear" }, { value: "1", label: "Log" }]} />
        <label className="flex items-center gap-2 text-12 text-fg-2">
          Smoothing
          <input type="range" min={0} max={0.99} step={0.01} value={weight} onChange={(event) => type(event.target.value === "0" ? "" : event.target.value)} className="w-28 accent-accent" />
          <span className="num w-8">{weight.toFixed(2)}</span>
        </label>
        {range ? <Button small className="ml-auto" onClick={() => set({ range: undefined })}>Show all again</Button> : null}
      </div>
      {failed?.error ? <Note tone="warn" role="alert" title="Some curves could not be read"><Reason problem={failed.error} /></Note> : null}
      <Suspense fallback={<Bone className="late h-56 rounded-panel" />}>
        <div className="grid grid-cols-2 gap-3 max-wide:grid-cols-[minmax(0,1fr)]">
          {charts.map((chart) => <Chart key={chart.name} {...chart} axis={axis} log={!!search.log} range={range} set={set} legend={runs.length > 1 && runs.length <= 6} />)}
        </div>
      </Suspense>
    </section>
  );
}

const seconds = (value: number) => age(0, value * 1000);

const Chart = memo(function Chart({ name, x, lines, axis, log, range, set, legend, whole }: { name: string; x: number[]; lines: Line[]; whole: number; axis: Axis; log: boolean; range: [number, number] | undefined; set: (change: CurveSearch) => void; legend: boolean }) {
  const below = log && lines.some((line) => line.values.some((value) => value !== null && value <= 0));
  return (
    <div className="min-w-0 rounded-panel border border-line bg-surface pb-1">
      <Plot title={name} x={x} lines={lines} fit log={log} height={210} sync={`curves ${axis}`} range={range} onRange={(next) => set({ range: writeRange(next) })} format={metric} formatX={axis === "time" ? seconds : String} legend={legend || lines.length === 1} />
      {below || lines.some((line) => line.low) ? <p className="px-3 pb-1 text-11 text-fg-3">{lines.some((line) => line.low) ? `${whole.toLocaleString("en-GB").replaceAll(",", " ")} points; the band is the least and the greatest of what is not drawn. ` : ""}{below ? "What is 0 or less has no place on a log scale." : ""}</p> : null}
    </div>
  );
});

function linesOf(name: string, runs: Run[], curves: (MetricCurve[] | undefined)[], axis: Axis, weight: number): { x: number[]; lines: Line[]; whole: number } {
  const found = runs.flatMap((run, i) => {
    const curve = curves[i]?.find((one) => one.name === name);
    return curve && curve.values.length > 0 ? [{ run, i, curve }] : [];
  });
  const start = (run: Run, curve: MetricCurve) => Date.parse(run.start_time ?? curve.values[0]!.timestamp);
  const { x, curves: drawnOnes } = joined(found.map(({ run, curve }) => drawn(curve, axis, start(run, curve), weight)));
  return {
    x,
    lines: found.map(({ run, i }, at) => ({ name: nameOf(run), values: drawnOnes[at]!.y, colour: (i % 6) + 1, dash: Math.floor(i / 6) % 2 === 1, low: drawnOnes[at]!.low, high: drawnOnes[at]!.high, points: x.length === 1 })),
    whole: Math.max(0, ...found.map(({ curve }) => curve.points)),
  };
}
