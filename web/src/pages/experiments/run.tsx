// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate, useNavigate } from "@tanstack/react-router";
import { ChartSpline } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import * as reads from "../../api/experiments.ts";
import type { Run } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { age, exact, metric } from "../../logic/format.ts";
import { took } from "../../logic/runs.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { KeyValue, Panel, PanelHead, RailPart, Tiles } from "../../ui/panel.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { State } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import { useNow, When } from "../../ui/time.tsx";
import { Lineage } from "../lineage/lineage.tsx";
import { CurveGrid, nameOf } from "./curve-grid.tsx";
import { Artifacts } from "./artifacts.tsx";

const route = getRouteApi("/experiments/$namespace/$experiment/runs/$run");
const tilesAtMost = 8;

export function RunPage() {
  const { namespace, experiment, run } = route.useParams();
  const query = useQuery(reads.run(namespace, experiment, run));
  return (
    <Loaded query={query} what={`run ${run} of ${namespace}/${experiment}`} skeleton={<SkeletonPage />}>
      {(data) => String(data.id) !== run ? <Navigate to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace, experiment, run: String(data.id) }} search={(old) => old} replace /> : (
        <>
          <Head run={data} />
          <div className="grid grid-cols-[minmax(0,1fr)_300px] items-start gap-6 max-desk:grid-cols-[minmax(0,1fr)]">
            <Body run={data} />
            <aside aria-label="About the run"><Rail run={data} /></aside>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Head({ run }: { run: Run }) {
  const params = { namespace: run.namespace, experiment: run.experiment };
  return (
    <div className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-3">
      <Identicon of={`${run.namespace}/${run.experiment}`} size={40} />
      <div className="min-w-0 flex-1 max-phone:basis-[70%]">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="wrap-anywhere"><bdi>{nameOf(run)}</bdi></h1>
          <State of="run" state={run.status} />
          {run.state === "ARCHIVED" ? <Chip tone="warn">Archived</Chip> : null}
          {Object.entries(run.tags ?? {}).slice(0, 4).map(([key, value]) => <Chip key={key}>{value ? `${key}: ${value}` : key}</Chip>)}
        </div>
        <p className="truncate text-fg-2">{run.description ? <bdi>{run.description}</bdi> : <>A run of <Link className="link underline underline-offset-2" to="/experiments/$namespace/$experiment" params={params}>{run.experiment}</Link></>}</p>
      </div>
      <ButtonLink to="/experiments/$namespace/$experiment/curves" params={params}><ChartSpline aria-hidden />Beside other runs</ButtonLink>
    </div>
  );
}

function Body({ run }: { run: Run }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const runs = useMemo(() => [run], [run]);
  const metrics = Object.entries(run.metrics).sort(([a], [b]) => (a < b ? -1 : 1));
  const parameters = Object.entries(run.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-5">
      {metrics.length > 0 ? <Tiles tiles={metrics.slice(0, tilesAtMost).map(([name, { value, step }]) => ({ name, value: metric(value), note: `step ${step}` }))} /> : null}
      <CurveGrid runs={runs} search={search} set={(change) => void navigate({ to: ".", search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })} />
      <div className="grid grid-cols-2 items-start gap-4 max-wide:grid-cols-[minmax(0,1fr)]">
        <Values title="Parameters" rows={parameters.map(([name, value]) => [name, value])} none="No parameter was logged." />
        <Values title="Metrics" rows={metrics.map(([name, { value, step }]) => [name, metric(value), `step ${step}`])} none="No metric was logged." right />
      </div>
      <Artifacts run={run} />
      <Nested run={run} />
      <Lineage of={`run:${run.id}`} what={nameOf(run)} />
    </div>
  );
}

function Values({ title, rows, none, right = false }: { title: string; rows: [name: string, value: string, note?: string][]; none: string; right?: boolean }) {
  return (
    <Panel aria-label={title}>
      <PanelHead title={title} note={rows.length > 0 ? String(rows.length) : undefined} />
      {rows.length > 0 ? (
        <div className="relative max-h-96 overflow-auto" tabIndex={0} role="group" aria-label={`${title}, a list`}>
          <table aria-label={title}>
            <thead className="sr-only"><tr><th>Name</th><th>Value</th></tr></thead>
            <tbody>
              {rows.map(([name, value, note]) => (
                <tr key={name} className="[&>td]:h-8"><th scope="row" className="max-w-56 border-line font-normal! whitespace-normal! text-fg-2! wrap-anywhere">{name}</th><td className={right ? "num text-right font-medium" : "wrap-anywhere"}><bdi>{value}</bdi>{note ? <span className="ml-2 text-12 font-normal text-fg-3">{note}</span> : null}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : <p className="px-4 py-3 text-fg-2">{none}</p>}
    </Panel>
  );
}

/** Runs that are parts of this one; a sweep and its trials. */
function Nested({ run }: { run: Run }) {
  const query = useInfiniteQuery(reads.runs(run.namespace, run.experiment, `parent_run_id = ${run.id}`));
  const navigate = useNavigate();
  const runs = query.data?.pages.flatMap((page) => page.runs) ?? [];
  if (runs.length === 0) return null;
  const names = [...new Set(runs.flatMap((one) => Object.keys(one.metrics)))].sort().slice(0, 4);
  return (
    <Panel aria-label="Nested runs">
      <PanelHead title="Nested runs" note={`${runs.length}${query.hasNextPage ? " and more" : ""}`} />
      <Table
        framed={false}
        label="Nested runs"
        rows={runs}
        keyOf={(one) => one.id}
        open={(one) => void navigate({ to: "/experiments/$namespace/$experiment/runs/$run", params: { namespace: one.namespace, experiment: one.experiment, run: String(one.id) } })}
        columns={[
          { name: "Run", side: "main", cell: (one) => <Link tabIndex={-1} to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: one.namespace, experiment: one.experiment, run: String(one.id) }} className="font-medium"><bdi>{nameOf(one)}</bdi></Link> },
          { name: "Status", cell: (one) => <State of="run" state={one.status} /> },
          ...names.map((name) => ({ name, side: "right" as const, cell: (one: Run) => <span className="num">{one.metrics[name] ? metric(one.metrics[name].value) : "–"}</span> })),
        ]}
      />
    </Panel>
  );
}

function Rail({ run }: { run: Run }) {
  const now = useNow();
  const ms = took(run, now);
  const parent = run.parent_run_id;
  const properties = Object.entries(run.custom_properties ?? {});
  return (
    <>
      <RailPart title="Run">
        <KeyValue
          rows={[
            ["Started", run.start_time ? <span title={exact(run.start_time)}><When time={run.start_time} /></span> : "not yet"],
            ["Took", ms === undefined ? "–" : age(0, ms)],
            ...(run.owner ? [["Owner", run.owner] as [string, string]] : []),
            ...(parent ? [["Part of", <Link key="parent" className="link" to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: run.namespace, experiment: run.experiment, run: String(parent) }}>run {parent}</Link>] as [string, ReactNode]] : []),
            ["Id", <code key="id">{run.namespace}/{run.experiment}/{run.id}</code>],
          ]}
        />
      </RailPart>
      {Object.keys(run.tags ?? {}).length > 0 ? <RailPart title="Tags"><span className="flex flex-wrap gap-1.5">{Object.entries(run.tags).map(([key, value]) => <Chip key={key}>{value ? `${key}: ${value}` : key}</Chip>)}</span></RailPart> : null}
      {properties.length > 0 ? <RailPart title="Properties"><KeyValue rows={properties.map(([name, value]) => [name, <code key={name} className="wrap-anywhere">{typeof value === "string" ? value : JSON.stringify(value)}</code>])} /></RailPart> : null}
      <RailPart title="Follow it"><p className="text-12 text-fg-2">In a terminal: <code className="wrap-anywhere">souk run watch {run.namespace}/{run.experiment}/{run.id}</code></p></RailPart>
    </>
  );
}
