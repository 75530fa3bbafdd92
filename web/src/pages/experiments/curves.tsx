// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useMemo } from "react";
import type { Run } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { State } from "../../ui/state.tsx";
import { chosenOf, usePicked, useRuns } from "./chosen.ts";
import { CurveGrid, nameOf } from "./curve-grid.tsx";

const own = getRouteApi("/experiments/$namespace/$experiment/curves");
const few = 10;

export function Curves() {
  const { query, runs } = useRuns();
  const { picked, toggle, set: setPicked } = usePicked();
  const search = own.useSearch();
  const navigate = useNavigate();
  const shown = useMemo(() => chosenOf(runs, picked, few), [runs, picked]);
  const marked = picked.length > 0;
  return (
    <Loaded query={query} what="the runs">
      {() => (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <div className="flex flex-wrap items-center gap-x-1.5 gap-y-1">
            <p className="mr-1.5 text-fg-2">{marked ? plural(shown.length, "marked run") : runs.length > few ? `The first ${few} of ${runs.length} runs; mark others under Runs` : plural(shown.length, "run")}</p>
            {shown.map((run, i) => <Shown key={run.id} run={run} at={i} {...(marked && { drop: () => toggle(run.id) })} />)}
            {marked ? <Button look="quiet" small onClick={() => setPicked([])}>Unmark all</Button> : null}
          </div>
          <CurveGrid runs={shown} search={search} set={(change) => void navigate({ to: ".", search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })} />
        </div>
      )}
    </Loaded>
  );
}

/** The legend of all charts: a run has one colour, and one dash, in each of them. */
function Shown({ run, at, drop }: { run: Run; at: number; drop?: () => void }) {
  return (
    <span className="inline-flex h-7 min-w-0 items-center gap-1.5 rounded-control border border-line bg-surface pr-1 pl-2 text-12">
      <i aria-hidden className="inline-block h-0 w-4 border-t-2" style={{ borderColor: `var(--c${(at % 6) + 1})`, borderStyle: Math.floor(at / 6) % 2 === 1 ? "dashed" : "solid" }} />
      <Link className="max-w-40 truncate hover:underline" to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: run.namespace, experiment: run.experiment, run: String(run.id) }}><bdi>{nameOf(run)}</bdi></Link>
      {run.status === "RUNNING" ? <State of="run" state={run.status} className="[&>span]:sr-only" /> : null}
      {drop ? <button type="button" aria-label={`Unmark ${nameOf(run)}`} onClick={drop} className="rounded-chip p-0.5 text-fg-3 hover:text-fg"><X aria-hidden size={12} /></button> : <span className="w-1" />}
    </span>
  );
}
