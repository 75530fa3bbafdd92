// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import * as operations from "../../api/operations.ts";
import type { ModelRun, RunState } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { milliseconds, taskName } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Segments } from "../../ui/field.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";

const route = getRouteApi("/operations");
const states: [RunState | "", string][] = [["", "All"], ["QUEUED", "Queued"], ["RUNNING", "Running"], ["SUCCEEDED", "Succeeded"], ["FAILED", "Failed"], ["CANCELLED", "Cancelled"]];

export function OperationsPage() {
  const { of: asked, state: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const of: operations.Kept = asked === "runs" ? "model_runs" : "operations";
  const state = states.find(([value]) => value === wanted)?.[0] ?? "";
  const list = useInfiniteQuery(operations.invocations(of, state));
  const set = (change: { of?: string | undefined; state?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <>
      <PageHead title="Operations" note="what models were asked">
        <Segments label="Which" value={of} onChange={(next) => set({ of: next === "model_runs" ? "runs" : undefined })} options={[{ value: "operations", label: "Asynchronous" }, { value: "model_runs", label: "All invocations" }]} />
      </PageHead>
      <div className="relative mb-3 overflow-x-auto">
        <Segments label="State" value={state} onChange={(next) => set({ state: next || undefined })} options={states.map(([value, label]) => ({ value, label }))} />
      </div>
      <Loaded query={list} what="the operations">
        {({ pages }) => {
          const runs = pages.flatMap((page) => page.runs);
          if (runs.length === 0) return state ? <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">None is in this state.</p> : <Empty of={of} />;
          return (
            <>
              <Runs runs={runs} />
              {list.hasNextPage ? <div className="mt-3 text-center"><Button small disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Older</Button></div> : null}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Runs({ runs }: { runs: ModelRun[] }) {
  const navigate = useNavigate();
  return (
    <Table
      label="Operations"
      rows={runs}
      keyOf={(run) => run.id}
      open={(run) => void navigate({ to: "/operations/$operation", params: { operation: run.uid } })}
      columns={[
        { name: "Asked", side: "main", cell: (run) => <Link tabIndex={-1} to="/operations/$operation" params={{ operation: run.uid }} className="block min-w-0"><TwoLines title={`${run.namespace}/${run.model}${run.version ? `:${run.version}` : ""}`} note={run.error ? <span className="text-bad">{run.error.message}</span> : taskName(run.task)} /></Link> },
        { name: "State", cell: (run) => <State of="work" state={run.state} /> },
        { name: "Took", side: "right", cell: (run) => (run.duration_ms === undefined ? "" : milliseconds(run.duration_ms)) },
        { name: "Inputs", side: "right", from: "wide", cell: (run) => run.input_count },
        { name: "By", from: "wide", cell: (run) => <span className="text-fg-2">{run.requester}</span> },
        { name: "When", side: "right", from: "phone", cell: (run) => <When time={run.create_time} className="text-fg-2" /> },
      ]}
    />
  );
}

function Empty({ of }: { of: operations.Kept }) {
  return (
    <div className="mx-auto mt-8 max-w-xl">
      <h2 className="mb-1 text-16">{of === "operations" ? "Nothing was asked for asynchronously" : "Nothing was asked by a typed task"}</h2>
      <p className="mb-3 text-fg-2">{of === "operations" ? "What takes long is asked for now and fetched later. It is kept by the queue, survives a restart and shows here while it goes on." : "Each answer of a typed task leaves a record: which version answered, how long it took, and what went wrong."}</p>
      <Code title="Ask asynchronously" language="shell" wrap code={`curl ${window.location.origin}/api/v1/operations -H 'Content-Type: application/json' \\\n  -d '{"model": "default/digits", "task_inputs": [{"data": {"type": "image-base64", "image-base64": "…"}}]}'`} />
    </div>
  );
}
