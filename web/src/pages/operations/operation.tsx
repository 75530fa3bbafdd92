// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Ban } from "lucide-react";
import type { ReactNode } from "react";
import * as operations from "../../api/operations.ts";
import type { ModelRun } from "../../api/types.ts";
import { Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { exact, milliseconds, taskName } from "../../logic/format.ts";
import { shortened } from "../../logic/shorten.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Digest } from "../../ui/copy.tsx";
import { Note } from "../../ui/note.tsx";
import { KeyValue, PageHead, Panel, PanelHead } from "../../ui/panel.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";

const route = getRouteApi("/operations/$operation");

/** One invocation; while it goes on, the events of it redraw this. */
export function OperationPage() {
  const { operation } = route.useParams();
  const query = useQuery(operations.invocation(operation));
  return <Loaded query={query} what={`the operation ${operation}`} skeleton={<SkeletonPage />}>{(run) => <Run run={run} />}</Loaded>;
}

function Run({ run }: { run: ModelRun }) {
  const client = useQueryClient();
  const cancel = useMutation({ mutationFn: () => operations.cancelOperation(run.uid), onSuccess: () => client.invalidateQueries({ queryKey: ["operations"] }) });
  const open = run.state === "QUEUED" || run.state === "RUNNING";
  const rows: [string, ReactNode][] = [
    ["Model", <Link key="m" className="link" to="/models/$namespace/$model" params={{ namespace: run.namespace, model: run.model }}>{run.namespace}/{run.model}{run.version ? `:${run.version}` : ""}</Link>],
    ...(run.digest ? [["Digest", <Digest key="d" digest={run.digest} />] as [string, ReactNode]] : []),
    ["Task", taskName(run.task)],
    ["How", run.asynchronous ? "asynchronously, by the queue" : "at once"],
    ["Asked by", `${run.requester}${run.source === "CONSOLE" ? ", here on the page" : ""}`],
    ["Asked", <When key="a" time={run.create_time} />],
    ["Began", run.start_time ? <span key="b" title={exact(run.start_time)}>{milliseconds(Date.parse(run.start_time) - Date.parse(run.create_time))} later</span> : "not yet"],
    ["Took", run.duration_ms === undefined ? "–" : milliseconds(run.duration_ms)],
  ];
  return (
    <>
      <PageHead title={<span className="wrap-anywhere">{run.model}</span>} note={<span role="status" aria-label="State"><State of="work" state={run.state} /></span>}>
        {run.asynchronous && open ? <Button look="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}><Ban aria-hidden />Cancel</Button> : null}
      </PageHead>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <Refused title="It was not cancelled" error={cancel.error} />
        {run.error ? <Note tone="bad" role="alert" title="It failed"><p>{run.error.message}</p><p className="text-12 text-fg-3"><Link className="underline underline-offset-2" to="/errors" hash={run.error.code}>{run.error.code}</Link></p></Note> : null}
        <Panel aria-label="About it"><PanelHead title="About it" note={<code>{run.uid}</code>} /><div className="px-4 py-3"><KeyValue rows={rows} /></div></Panel>
        <div className="grid grid-cols-2 items-start gap-4 max-wide:grid-cols-[minmax(0,1fr)]">
          <Json title="What went in" value={run.task_inputs} none="Only who asked sees what went in, as long as it is kept." />
          <Json title="What came out" value={run.task_outputs} none={open ? "Nothing yet: this page shows it when it is there." : "Nothing that may be shown here."} />
        </div>
      </div>
    </>
  );
}

function Json({ title, value, none }: { title: string; value: unknown; none: string }) {
  if (value === undefined || value === null) return <Panel aria-label={title}><PanelHead title={title} /><p className="px-4 py-3 text-fg-3">{none}</p></Panel>;
  return <Code title={title} language="json" code={JSON.stringify(value, null, 2)} shown={JSON.stringify(shortened(value), null, 2)} className="[&_pre]:max-h-[480px] [&_pre]:overflow-y-auto" />;
}
