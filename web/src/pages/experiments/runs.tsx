// SPDX-License-Identifier: Apache-2.0
import { useNavigate } from "@tanstack/react-router";
import { ChartSpline, Columns3, Search, SlidersHorizontal } from "lucide-react";
import { useMemo } from "react";
import { Problem } from "../../api/client.ts";
import { Loaded, Reason } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { type Column, columnsOf, readIds, usualColumns, writeIds } from "../../logic/runs.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { CodeTabs } from "../../ui/code.tsx";
import { Kbd, SearchField, Segments } from "../../ui/field.tsx";
import { Menu, MenuChecks, MenuGroup, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { route, usePicked, useRuns } from "./chosen.ts";
import { RunTable } from "./run-table.tsx";

export function Runs() {
  const { namespace, experiment } = route.useParams();
  const { filter = "", status = "", sort, columns } = route.useSearch();
  const navigate = useNavigate();
  const { query, runs, narrowed, more } = useRuns();
  const { picked, toggle, set: setPicked } = usePicked();
  const all = useMemo(() => columnsOf(runs), [runs]);
  const usual = useMemo(() => usualColumns(all), [all]);
  const shown = columns === undefined ? usual : readIds(columns === "none" ? "" : columns);
  const set = (change: { filter?: string | undefined; status?: string | undefined; sort?: string | undefined; columns?: string | undefined }) => void navigate({ to: ".", search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const refused = query.error instanceof Problem && query.error.status === 400 && narrowed ? query.error : undefined;
  const open = (id: number) => void navigate({ to: "/experiments/$namespace/$experiment/runs/$run", params: { namespace, experiment, run: String(id) } });
  if (query.data?.pages[0]?.runs.length === 0 && !narrowed) return <Empty reference={`${namespace}/${experiment}`} />;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField icon={Search} className="w-[30rem] max-w-full font-mono text-12 max-phone:w-full" data-filter aria-label="Filter runs" aria-invalid={refused !== undefined || undefined} placeholder="metrics.loss < 0.1 AND parameters.optimizer = 'adam'" value={filter} onText={(text) => set({ filter: text || undefined })} onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()} after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>} />
        <Segments label="Status" value={status} onChange={(next) => set({ status: next || undefined })} options={[["", "All"], ["RUNNING", "Running"], ["FINISHED", "Finished"], ["FAILED", "Failed"]].map(([value, label]) => ({ value: value!, label }))} />
        <ColumnMenu all={all} shown={shown} set={(next) => set({ columns: next === undefined ? undefined : next.length > 0 ? writeIds(next) : "none" })} />
        <p role="status" className="num text-12 text-fg-3">{plural(runs.length, "run")}{more ? ", reading on" : ""}</p>
        <span className="ml-auto flex items-center gap-2">
          {picked.length > 0 ? <Button look="quiet" onClick={() => setPicked([])}>Unmark {picked.length}</Button> : null}
          <ButtonLink to="/experiments/$namespace/$experiment/curves" params={{ namespace, experiment }} search={(old) => old}><ChartSpline aria-hidden />Curves</ButtonLink>
          {picked.length > 1 ? <ButtonLink look="primary" to="/experiments/$namespace/$experiment/compare" params={{ namespace, experiment }} search={(old) => old}><Columns3 aria-hidden />Compare {picked.length} runs</ButtonLink> : <Button disabled><Columns3 aria-hidden />Mark runs to compare</Button>}
        </span>
      </div>
      {refused ? (
        <Note tone="bad" role="alert" title="The filter is not understood" actions={<Button small onClick={() => set({ filter: undefined })}>Drop the filter</Button>}><Reason problem={refused} /></Note>
      ) : (
        <Loaded query={query} what={`the runs of ${experiment}`}>
          {() => runs.length > 0 ? (
            <RunTable runs={runs} columns={shown} sort={sort} onSort={(next) => set({ sort: next })} picked={picked} toggle={toggle} open={open} />
          ) : (
            <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8">
              <p>No run fits.</p>
              <Button small onClick={() => set({ filter: undefined, status: undefined })}>Drop the filters</Button>
            </div>
          )}
        </Loaded>
      )}
    </>
  );
}

const groups = [["metric", "Metrics"], ["parameter", "Parameters"], ["tag", "Tags"]] as const;

function ColumnMenu({ all, shown, set }: { all: Column[]; shown: string[]; set: (next: string[] | undefined) => void }) {
  // In the order of the menu, so that a column is where one looks for it.
  const change = (id: string, on: boolean) => set(all.map((column) => column.id).filter((one) => (one === id ? on : shown.includes(one))));
  return (
    <Menu label="Columns" trigger={<Button><SlidersHorizontal aria-hidden />Columns</Button>}>
      {groups.map(([kind, label]) => {
        const columns = all.filter((column) => column.kind === kind).slice(0, 100);
        return columns.length > 0 ? (
          <MenuGroup key={kind} label={label}>
            <MenuChecks checked={shown} onChange={change} options={columns.map((column) => ({ value: column.id, label: <span className="max-w-64 truncate">{column.name}{column.varies || column.runs < 2 ? null : <span className="text-fg-3"> same in all</span>}</span> }))} />
          </MenuGroup>
        ) : null;
      })}
      <MenuSeparator />
      <MenuItem onClick={() => set(undefined)}>The usual ones</MenuItem>
    </Menu>
  );
}

function Empty({ reference }: { reference: string }) {
  const shell = `run=$(souk run start ${reference} --name first -o table)\nsouk run log $run --param lr=0.1 --metric loss=0.9@1 --metric loss=0.5@2\nsouk run finish $run`;
  return (
    <div className="mx-auto mt-6 max-w-2xl">
      <h2 className="mb-1 text-16">No run yet</h2>
      <p className="mb-3 text-fg-2">Start one, and log to it from your program or like this. What it logs is drawn here while it goes.</p>
      <CodeTabs label="Log a run" snippets={[{ language: "souk", full: shell, shown: shell }]} />
    </div>
  );
}
