// SPDX-License-Identifier: Apache-2.0
//
// Runs as rows; thousands scroll like ten. What is sorted by stands in the address, as which columns there are.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type CSSProperties, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { age, metric } from "../../logic/format.ts";
import { bestOf, own, took, valueOf } from "../../logic/runs.ts";
import { cx } from "../../ui/cx.ts";
import { State } from "../../ui/state.tsx";
import { useNow, When } from "../../ui/time.tsx";
import { useChanged } from "../../ui/use-changed.ts";
import { useRows } from "../../ui/use-rows.ts";

const rowHeight = 38;
const widths: Record<string, string> = { name: "minmax(190px,1.6fr)", status: "104px", started: "112px", took: "84px" };
const columned = "grid grid-cols-(--grid) max-phone:grid-cols-(--narrow)";
const fixed = ["name", "status", "started", "took"];

interface Props {
  runs: Run[];
  columns: readonly string[];
  sort?: string | undefined;
  onSort: (sort: string | undefined) => void;
  picked: readonly number[];
  toggle: (id: number) => void;
  open: (id: number) => void;
}

export function RunTable({ runs, columns, sort, onSort, picked, toggle, open }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset((body.current?.getBoundingClientRect().top ?? 0) + scrollY), []);
  const keyOf = useCallback((index: number) => runs[index]!.id, [runs]); // a new one would place every row anew
  const virtual = useWindowVirtualizer({ count: runs.length, estimateSize: () => rowHeight, overscan: 12, scrollMargin: offset, scrollPaddingStart: 56, getItemKey: keyOf });
  const scrollTo = useCallback((index: number) => virtual.scrollToIndex(index, { align: "auto" }), [virtual]);
  const { rowProps, listProps } = useRows(runs.length, (index) => open(runs[index]!.id), scrollTo, (index) => toggle(runs[index]!.id));
  const shown = useMemo(() => [...fixed, ...columns], [columns]);
  const grid = `34px ${shown.map((id) => widths[id] ?? (id.startsWith("p:") || id.startsWith("t:") ? "minmax(96px,1fr)" : "minmax(92px,.8fr)")).join(" ")}`;
  // When and for how long has no room on a phone; a run's page says it.
  const narrow = `34px minmax(116px,1.6fr) 96px ${columns.map(() => "minmax(88px,1fr)").join(" ")}`;
  const sizes = { "--grid": grid, "--narrow": narrow, "--least": `${34 + 190 + 104 + 112 + 84 + columns.length * 96}px`, "--least-narrow": `${34 + 116 + 96 + columns.length * 88}px` } as CSSProperties;
  const right = useMemo(() => new Set(shown.filter((id) => measured(id) || (id.startsWith("p:") && isNumber(runs, id)))), [runs, shown]);
  const best = useMemo(() => new Map(columns.map((id) => [id, bestOf(runs, id)])), [runs, columns]);
  return (
    <div className="relative overflow-x-auto rounded-panel border border-line bg-surface" tabIndex={-1}>
      <div role="table" aria-label="Runs" aria-rowcount={runs.length + 1} style={sizes} className="min-w-(--least) max-phone:min-w-(--least-narrow)" {...listProps}>
        <div role="rowgroup">
          <div role="row" className={cx(columned, "h-8 items-stretch border-b border-line text-12 text-fg-3")}>
            <span role="columnheader" className="sr-only">Marked</span>
            <span aria-hidden />
            {shown.map((id) => <Head key={id} id={id} right={right.has(id)} sort={sort} onSort={onSort} />)}
          </div>
        </div>
        <div ref={body} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const run = runs[index]!;
            const marked = picked.includes(run.id);
            return (
              <div
                key={run.id}
                role="row"
                aria-rowindex={index + 2}
                data-chosen={marked ? "" : undefined}
                className={cx(columned, "absolute inset-x-0 top-0 items-center border-b border-line whitespace-nowrap")}
                style={{ height: rowHeight, transform: `translateY(${start - offset}px)` }}
                onClick={(event) => {
                  if (!(event.target as HTMLElement).closest("a,button,input,label") && !getSelection()?.toString()) open(run.id);
                }}
                {...rowProps(index)}
              >
                <span role="cell" className="flex h-full items-center pl-3.5"><input type="checkbox" tabIndex={-1} aria-label={`Mark ${run.name || `run ${run.id}`}`} checked={marked} onChange={() => toggle(run.id)} className="accent-accent" /></span>
                {shown.map((id) => <Cell key={id} run={run} id={id} right={right.has(id)} best={best.get(id)} />)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const measured = (id: string) => id === "started" || id === "took" || id.startsWith("m:");
/** Numbers go to the right; of what was given, where all that is known are. */
const isNumber = (runs: readonly Run[], id: string) => {
  const known = runs.map((run) => valueOf(run, id)).filter((value) => value !== undefined && value !== "");
  return known.length > 0 && known.every((value) => Number.isFinite(Number(value)));
};

function Head({ id, right, sort, onSort }: { id: string; right: boolean; sort: string | undefined; onSort: (sort: string | undefined) => void }) {
  const way = sort === id ? "ascending" : sort === `-${id}` ? "descending" : undefined;
  const name = own[id] ?? id.slice(2);
  const Icon = way === "ascending" ? ArrowUp : ArrowDown;
  // Down first, as one looks for the greatest; then up; then as they came.
  const next = way === "descending" ? id : way === "ascending" ? undefined : `-${id}`;
  return (
    <span role="columnheader" aria-sort={way} className={cx("min-w-0", (id === "started" || id === "took") && "max-phone:hidden")}>
      <button type="button" onClick={() => onSort(next)} title={name} className={cx("flex h-full w-full min-w-0 items-center gap-1 px-2.5 hover:text-fg focus-visible:shadow-focus-inset", right ? "justify-end" : id.startsWith("p:") && "pl-6", way && "text-fg")}>
        <span className="truncate">{name}</span>
        {way ? <Icon aria-hidden size={12} /> : null}
      </button>
    </span>
  );
}

function Cell({ run, id, right, best }: { run: Run; id: string; right: boolean; best: number | undefined }) {
  const cell = "min-w-0 truncate px-2.5";
  if (id === "name") {
    return (
      <span role="cell" className={cx(cell, "font-medium")}>
        <Link tabIndex={-1} to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: run.namespace, experiment: run.experiment, run: String(run.id) }} title={run.description || run.name}>
          {run.parent_run_id ? <span className="text-fg-3" title={`part of run ${run.parent_run_id}`}>↳ </span> : null}<bdi>{run.name || `run ${run.id}`}</bdi>
        </Link>
      </span>
    );
  }
  if (id === "status") return <span role="cell" className={cell}><State of="run" state={run.status} /></span>;
  if (id === "started") return <span role="cell" className={cx(cell, "text-right text-fg-2 max-phone:hidden")}>{run.start_time ? <When time={run.start_time} /> : "–"}</span>;
  if (id === "took") return <Took run={run} className={cx(cell, "num text-right text-fg-2 max-phone:hidden")} />;
  const value = valueOf(run, id);
  if (id.startsWith("m:")) return <Figure value={typeof value === "number" ? value : undefined} best={best} className={cell} />;
  return <span role="cell" className={cx(cell, right ? "num text-right" : "pl-6", value === undefined && "text-fg-3")} title={value === undefined ? undefined : String(value)}>{value === undefined ? "–" : <bdi>{value}</bdi>}</span>;
}

function Took({ run, className }: { run: Run; className: string }) {
  const now = useNow();
  const ms = took(run, now);
  return <span role="cell" className={className}>{ms === undefined ? "–" : age(0, ms)}</span>;
}

function Figure({ value, best, className }: { value: number | undefined; best: number | undefined; className: string }) {
  const changed = useChanged(value);
  const first = value !== undefined && value === best;
  return (
    <span role="cell" title={value === undefined ? undefined : String(value)} className={cx(className, "num text-right", value === undefined && "text-fg-3", first && "font-strong text-ok")}>
      <span key={value} className={cx(changed && "animate-tint")}>{value === undefined ? "–" : metric(value)}</span>
      {first ? <span className="sr-only"> best</span> : null}
    </span>
  );
}
