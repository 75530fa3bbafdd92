// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { axisOf, type Brushes, passes, readBrushes, writeBrushes } from "../../logic/parallel.ts";
import { type ColumnId, columnsOf, readIds, writeIds } from "../../logic/runs.ts";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuChecks } from "../../ui/menu.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { route, usePicked, useRuns } from "./chosen.ts";
import { nameOf } from "./curve-grid.tsx";

const Chart = lazy(() => import("../../charts/parallel.tsx"));
const own = getRouteApi("/experiments/$namespace/$experiment/parallel");
const mostAxes = 12;

/** Parameters that differ, then the metrics: what was given left, what came of it right. */
export function Parallel() {
  const { namespace, experiment } = route.useParams();
  const { query, runs } = useRuns();
  const { set: setPicked } = usePicked();
  const search = own.useSearch();
  const navigate = useNavigate();
  const set = (change: { axes?: string | undefined; brush?: string | undefined }) => void navigate({ to: ".", search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const all = useMemo(() => {
    const columns = columnsOf(runs).filter(({ kind }) => kind !== "tag");
    return [...columns.filter(({ kind }) => kind === "parameter"), ...columns.filter(({ kind }) => kind === "metric")];
  }, [runs]);
  const usual = useMemo(() => [...all.filter(({ kind, varies }) => kind === "parameter" && varies).slice(0, 5), ...all.filter(({ kind }) => kind === "metric").slice(0, 3)].map(({ id }) => id), [all]);
  const ids = useMemo(() => (search.axes ? readIds(search.axes) : usual).slice(0, mostAxes), [search.axes, usual]);
  const axes = useMemo(() => all.filter(({ id }) => ids.includes(id)).map((column) => axisOf(runs, column)), [all, ids, runs]);
  const brushes = useMemo(() => readBrushes(readIds(search.brush)), [search.brush]);
  const left = useMemo(() => runs.filter((_, i) => passes(axes, brushes, i)), [runs, axes, brushes]);
  const brush = (id: ColumnId, range: [number, number] | undefined) => {
    const { [id]: _, ...others } = brushes;
    const next: Brushes = range ? { ...others, [id]: range } : others;
    set({ brush: writeIds(writeBrushes(next)) || undefined });
  };
  const brushed = Object.keys(brushes).length > 0;
  return (
    <Loaded query={query} what="the runs">
      {() => axes.length < 2 ? (
        <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">Parallel coordinates need two parameters or metrics that runs have logged.</p>
      ) : (
        <>
          <div className="mb-3 flex flex-wrap items-center gap-3">
            <Menu label="Axes" trigger={<Button><SlidersHorizontal aria-hidden />Axes <span className="num text-fg-3">{axes.length} of {all.length}</span></Button>}>
              <MenuChecks checked={ids} onChange={(id, on) => set({ axes: writeIds(all.map((column) => column.id).filter((one) => (one === id ? on : ids.includes(one)))) || undefined })} options={all.map((column) => ({ value: column.id, label: <span className="max-w-64 truncate">{column.name} <span className="text-fg-3">{column.kind}</span></span> }))} />
            </Menu>
            <p role="status" className="num text-fg-2">{brushed ? `${left.length} of ${plural(runs.length, "run")}` : plural(runs.length, "run")}</p>
            <span className="text-12 text-fg-3 max-wide:hidden">Drag along an axis to narrow; the colour is the last axis, from low to high.</span>
            <span className="ml-auto flex gap-2">
              {brushed ? <Button small onClick={() => set({ brush: undefined })}>Show all again</Button> : null}
              {brushed && left.length > 0 && left.length <= 50 ? <Button small onClick={() => setPicked(left.map(({ id }) => id))}>Mark these {left.length}</Button> : null}
            </span>
          </div>
          <Panel className="p-2">
            <Suspense fallback={<Bone className="late h-96 rounded-panel" />}>
              <Chart axes={axes} names={runs.map(nameOf)} brushes={brushes} onBrush={brush} onOpen={(at) => void navigate({ to: "/experiments/$namespace/$experiment/runs/$run", params: { namespace, experiment, run: String(runs[at]!.id) } })} />
            </Suspense>
          </Panel>
        </>
      )}
    </Loaded>
  );
}
