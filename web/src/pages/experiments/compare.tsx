// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Fragment, type ReactNode, useMemo } from "react";
import type { Run } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { age, metric, plural } from "../../logic/format.ts";
import { better } from "../../logic/metrics.ts";
import { bestOf, columnsOf, numeric, took, valueOf } from "../../logic/runs.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { Segments } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { useNow } from "../../ui/time.tsx";
import { route, usePicked, useRuns } from "./chosen.ts";
import { nameOf } from "./curve-grid.tsx";

const own = getRouteApi("/experiments/$namespace/$experiment/compare");
const groups = [["metric", "Metrics"], ["parameter", "Parameters"], ["tag", "Tags"]] as const;

export function CompareRuns() {
  const { query, runs } = useRuns();
  const { picked } = usePicked();
  const params = route.useParams();
  // In the order they were marked: the first is what the others are measured by.
  const chosen = useMemo(() => picked.map((id) => runs.find((run) => run.id === id)).filter((run) => run !== undefined), [picked, runs]);
  return (
    <Loaded query={query} what="the runs">
      {() => chosen.length < 2 ? (
        <div className="grid justify-items-start gap-3">
          <p className="text-fg-2">Comparing takes two runs or more. Mark them in the list with <code>x</code>, then come back.</p>
          <ButtonLink to="/experiments/$namespace/$experiment" params={params} search={(old) => old}>Choose runs</ButtonLink>
        </div>
      ) : <Table runs={chosen} />}
    </Loaded>
  );
}

function Table({ runs }: { runs: Run[] }) {
  const { facts } = own.useSearch();
  const { set: setPicked } = usePicked();
  const navigate = useNavigate();
  const now = useNow();
  const all = useMemo(() => columnsOf(runs), [runs]);
  const differing = all.filter((column) => column.differs);
  const shown = facts === "all" ? all : differing;
  const first = runs[0]!;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p className="num text-fg-2">{differing.length === 0 ? `All ${all.length} facts are the same` : `${plural(differing.length, "fact")} of ${all.length} differ`}</p>
        <Segments<"" | "all"> label="Which facts" value={facts === "all" ? "all" : ""} onChange={(next) => void navigate({ to: ".", search: (old) => ({ ...old, facts: next || undefined }), replace: true, resetScroll: false })} options={[{ value: "", label: "What differs" }, { value: "all", label: "Everything" }]} />
      </div>
      <Panel className="relative overflow-x-auto" tabIndex={-1}>
        <table aria-label="Compared runs" className="w-auto! min-w-full">
          <thead>
            <tr>
              <th className="sticky left-0 z-1 w-48 min-w-40 bg-surface max-phone:w-24 max-phone:min-w-24">Fact</th>
              {runs.map((run, i) => (
                <th key={run.id} className="min-w-48 max-phone:min-w-32">
                  <span className="inline-flex items-center gap-1.5">
                    <Link className="link max-w-48 truncate" to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: run.namespace, experiment: run.experiment, run: String(run.id) }}><bdi>{nameOf(run)}</bdi></Link>
                    {i === 0 ? <span className="text-11">baseline</span> : <Button look="quiet" small onClick={() => setPicked([run.id, ...runs.map(({ id }) => id).filter((id) => id !== run.id)])} aria-label={`Measure the others by ${nameOf(run)}`} title="Measure the others by this one">↤</Button>}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Fact name="Status">{runs.map((run) => <td key={run.id}><State of="run" state={run.status} /></td>)}</Fact>
            <Fact name="Took">{runs.map((run) => <td key={run.id} className="num">{took(run, now) === undefined ? <span className="text-fg-3">–</span> : age(0, took(run, now)!)}</td>)}</Fact>
            {groups.map(([kind, label]) => {
              const rows = shown.filter((column) => column.kind === kind);
              return rows.length > 0 ? (
                <Fragment key={kind}>
                  <tr className="[&>th]:h-7 [&>th]:bg-sunken"><th scope="rowgroup" colSpan={runs.length + 1}>{label}</th></tr>
                  {rows.map((column) => {
                    const best = bestOf(runs, column.id);
                    return <Fact key={column.id} name={column.name}>{runs.map((run, i) => <Value key={run.id} run={run} first={i > 0 ? first : undefined} id={column.id} best={best} />)}</Fact>;
                  })}
                </Fragment>
              ) : null;
            })}
          </tbody>
        </table>
      </Panel>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <tr><th scope="row" className="sticky left-0 z-1 max-w-64 bg-surface font-normal! whitespace-normal! text-fg-2! wrap-anywhere">{name}</th>{children}</tr>;
}

/** What differs from the first is tinted; a change of a metric says better or worse where its name tells which. */
function Value({ run, first, id, best }: { run: Run; first: Run | undefined; id: string; best: number | undefined }) {
  const value = valueOf(run, id);
  const base = first && valueOf(first, id);
  const other = first !== undefined && value !== base;
  const change = other && id.startsWith("m:") && typeof value === "number" && typeof base === "number" ? value - base : undefined;
  const good = change === undefined ? undefined : better(id.slice(2), change);
  const right = id.startsWith("m:") || numeric(value) !== undefined;
  return (
    <td className={cx("max-w-72 wrap-anywhere", other && "bg-accent-soft/40")}>
      {value === undefined ? <span className="text-fg-3">{other ? "not there" : "none"}</span> : <span title={String(value)} className={cx(right && "num", typeof value === "number" && value === best && "font-strong")}>{typeof value === "number" ? metric(value) : <bdi>{value}</bdi>}{typeof value === "number" && value === best ? <span className="ml-1 text-11 font-normal text-ok">best</span> : null}</span>}
      {change !== undefined ? <span className={cx("num ml-2 inline-block text-12 whitespace-nowrap", good === true ? "text-ok" : good === false ? "text-bad" : "text-fg-3")}>{change > 0 ? "+" : "−"}{Number(Math.abs(change).toPrecision(3))}{good === undefined ? "" : good ? " better" : " worse"}</span> : null}
    </td>
  );
}
