// SPDX-License-Identifier: Apache-2.0
//
// What the deployment takes of the memory for models, when it may sleep, and how its batches are joined; all of it
// changes while it runs.
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Layers, Moon, Pin, PinOff } from "lucide-react";
import { lazy, Suspense } from "react";
import { changeDeployment } from "../../api/actions.ts";
import * as health from "../../api/health.ts";
import * as queries from "../../api/queries.ts";
import type { CapacityPatch, Deployment } from "../../api/types.ts";
import { Refused } from "../../app/confirm.tsx";
import { batchingLabels, type BatchingName, batchingNames, batchingText } from "../../logic/batching.ts";
import { bytes, plural } from "../../logic/format.ts";
import { durationSaid } from "../../logic/strategy.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";

const SleepDialog = lazy(() => import("./sleep-dialog.tsx"));
const BatchingDialog = lazy(() => import("./batching-dialog.tsx"));
const route = getRouteApi("/deployments/$namespace/$deployment");

export function Capacity({ deployment }: { deployment: Deployment }) {
  const { show } = route.useSearch();
  const navigate = route.useNavigate();
  const open = (layer: "sleep" | "batching" | undefined) => void navigate({ search: (old) => ({ ...old, show: layer }), replace: layer === undefined, resetScroll: false });
  return (
    <div className="grid grid-cols-2 items-start gap-4 max-desk:grid-cols-[minmax(0,1fr)]">
      <Memory deployment={deployment} onSleep={() => open("sleep")} />
      <Batches deployment={deployment} onChange={() => open("batching")} />
      <Suspense>
        {show === "sleep" ? <SleepDialog deployment={deployment} onClose={() => open(undefined)} /> : null}
        {show === "batching" ? <BatchingDialog deployment={deployment} onClose={() => open(undefined)} /> : null}
      </Suspense>
    </div>
  );
}

const line = "flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-1.5";

function Memory({ deployment, onSleep }: { deployment: Deployment; onSleep: () => void }) {
  const { namespace, slug } = deployment;
  const { pinned = false, scale_to_zero_after_ms: after } = deployment.capacity;
  const change = useMutation({
    mutationFn: (capacity: CapacityPatch) => changeDeployment(namespace, slug, { capacity }),
    onSuccess: (_, { pinned: now }) => toast.done(now ? `${slug} stays loaded` : `${slug} may be unloaded to make room`, () => void changeDeployment(namespace, slug, { capacity: { pinned: !now } }).catch((cause: Error) => toast.failed(`${slug} was not changed`, cause.message))),
  });
  const last = useQuery({ ...queries.served(namespace, slug), refetchOnMount: "always", refetchOnWindowFocus: "always" }).data?.last;
  const running = deployment.revisions.filter((revision) => revision.replicas.length > 0);
  return (
    <Panel aria-label="Capacity">
      <PanelHead title="Capacity" note={<Budget deployment={deployment} />}>
        <Button small aria-pressed={pinned} disabled={change.isPending} onClick={() => change.mutate({ pinned: !pinned })}>{pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}{pinned ? "Unpin" : "Pin"}</Button>
        <Button small onClick={onSleep}><Moon aria-hidden />Sleep</Button>
      </PanelHead>
      {running.map((revision) => (
        <div key={revision.number} className={`${line} first-of-type:border-t-0`}>
          <b className="font-mono text-12 font-strong">v{revision.version}</b>
          <State of="replica" state={revision.state} />
          <span className="num ml-auto text-right">{held(revision) > 0 ? bytes(held(revision)) : "not in memory"}</span>
          <span className="text-12 text-fg-3">{last?.get(revision.number) ? <>last asked <When time={new Date(last.get(revision.number)!).toISOString()} /></> : "not asked yet"}</span>
          {revision.replicas.filter((one) => one.state === "UNLOADED" && one.reason).slice(0, 1).map((one) => <span key={one.node} className="basis-full text-12 text-fg-2">Unloaded: {one.reason}. The next request loads it again and is answered by it.</span>)}
        </div>
      ))}
      <p className={`${line} text-fg-2`} role="status" aria-label="When it is unloaded">
        {pinned ? <><Pin aria-hidden size={14} className="text-accent-text" />Pinned: it stays loaded, whoever else needs room</> : <><Layers aria-hidden size={14} className="text-fg-3" />Unloaded when others need room and it is the one idle longest</>}
        {after === undefined ? null : <>, and after {durationSaid(after)} without a request</>}
      </p>
      {change.error ? <div className="px-4 pb-3"><Refused title={`${slug} was not changed`} error={change.error} /></div> : null}
    </Panel>
  );
}

function held(revision: Deployment["revisions"][number]): number {
  return revision.replicas.reduce((sum, replica) => sum + (replica.state === "UNLOADED" ? 0 : (replica.memory_bytes ?? 0)), 0);
}

/** Its own part of what models may take on the node that answers this page. */
function Budget({ deployment }: { deployment: Deployment }) {
  const now = useQuery(health.health).data;
  if (!now?.memory_budget_bytes) return null;
  const own = deployment.revisions.reduce((sum, revision) => sum + held(revision), 0);
  return <>{bytes(own)}; all models {bytes(now.memory_held_bytes)} of {bytes(now.memory_budget_bytes)}</>;
}

function Batches({ deployment, onChange }: { deployment: Deployment; onChange: () => void }) {
  const { namespace, slug, batching } = deployment;
  const config = useQuery(queries.served(namespace, slug)).data?.config;
  const own = batchingNames.filter((name) => batching[name] !== undefined);
  const usual = useMutation({
    mutationFn: () => changeDeployment(namespace, slug, { batching: null }),
    onSuccess: () => toast.done(`${slug} joins as the version says`, () => void changeDeployment(namespace, slug, { batching }).catch((cause: Error) => toast.failed(`${slug} was not changed`, cause.message))),
  });
  const joined = (config?.max_batch_size ?? 0) > 1;
  const effective: Partial<Record<BatchingName, number | number[]>> = { ...(config ? { max_batch_size: Math.max(1, config.max_batch_size ?? 1) } : {}), ...(joined ? config?.dynamic_batching : {}) };
  const rows = batchingNames.flatMap((name): [BatchingName, string][] => {
    const value = batching[name] ?? effective[name];
    if (value === undefined || (batching[name] === undefined && ((Array.isArray(value) && value.length === 0) || (value === 0 && name !== "max_queue_delay_microseconds")))) return [];
    return [[name, batchingText(name, value)]];
  });
  return (
    <Panel aria-label="Batching">
      <PanelHead title="Batching" note={!config ? undefined : joined ? "requests are joined" : "each request runs alone"}>
        {own.length > 0 ? <Button small look="quiet" disabled={usual.isPending} onClick={() => usual.mutate()}>As the version says</Button> : null}
        <Button small onClick={onChange}>Change</Button>
      </PanelHead>
      <table aria-label="Batching">
        <tbody>
          {rows.map(([name, text]) => (
            <tr key={name}>
              <th scope="row" className="text-fg-2! font-normal! normal-case!">{batchingLabels[name].label}</th>
              <td className="num text-right whitespace-nowrap">{text}</td>
              <td className="w-px whitespace-nowrap">{batching[name] === undefined ? <span className="text-12 text-fg-3">of the version</span> : <Chip tone="line">set here</Chip>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 ? <p className="px-4 py-3 text-fg-2">As the version says; shown while a revision is ready.</p> : <p className="border-t border-line px-4 py-2 text-12 text-fg-3">{plural(own.length, "value")} set here. <code>souk tune {namespace}/{slug}</code> tries what is best under load.</p>}
      {usual.error ? <div className="px-4 pb-3"><Refused title={`${slug} was not changed`} error={usual.error} /></div> : null}
    </Panel>
  );
}
