// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Rocket, Search } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { count, milliseconds, plural } from "../../logic/format.ts";
import { matches } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { CodeTabs } from "../../ui/code.tsx";
import { Kbd, SearchField, Segments } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { PageHead, Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { useRows } from "../../ui/use-rows.ts";

const DeployDialog = lazy(() => import("./deploy-dialog.tsx"));
const route = getRouteApi("/deployments");

export function DeploymentsPage() {
  const { namespace = "", q = "", state = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(queries.deploymentsAsked(namespace));
  const setDeploying = (on: boolean) => void navigate({ search: (old) => ({ ...old, show: on ? "deploy" : undefined }), replace: !on });
  const set = (change: { q?: string | undefined; state?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const shown = useMemo(
    () => (query.data ?? []).filter((one) => (!state || one.state === state) && (!q.trim() || matches(`${one.namespace} ${one.slug} ${one.model} ${one.reference} ${one.digest ?? ""}`, q.trim()))),
    [query.data, q, state],
  );
  return (
    <Loaded query={query} what="the list of deployments">
      {(all) => (
        <>
          <PageHead title="Deployments"><Button look="primary" onClick={() => setDeploying(true)}><Rocket aria-hidden />Deploy a model</Button></PageHead>
          {all.length === 0 ? (
            <Empty namespace={namespace} />
          ) : (
            <>
              <div className="mb-3 flex flex-wrap items-center gap-2">
                <SearchField icon={Search} className="w-64 max-phone:w-full" data-filter aria-label="Filter deployments" placeholder="Filter by name or model" value={q} onText={(text) => set({ q: text || undefined })} onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()} after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>} />
                <Segments
                  label="State"
                  value={state}
                  onChange={(next) => set({ state: next || undefined })}
                  options={[["", "All"], ["READY", "Serving"], ["PENDING", "Starting"], ["FAILED", "Failed"], ["STOPPED", "Stopped"]].map(([value, label]) => ({ value: value!, label: <>{label} <span className="num text-fg-3">{value ? all.filter((one) => one.state === value).length : all.length}</span></> }))}
                />
              </div>
              {shown.length > 0 ? <Rows deployments={shown} /> : <NoneShown all={all.length} clear={() => set({ q: undefined, state: undefined })} />}
            </>
          )}
          {show === "deploy" ? <Suspense><DeployDialog onClose={() => setDeploying(false)} /></Suspense> : null}
        </>
      )}
    </Loaded>
  );
}

function NoneShown({ all, clear }: { all: number; clear: () => void }) {
  return (
    <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8">
      <p>No deployment fits these filters.</p>
      <Button small onClick={clear}>Drop them, {plural(all, "deployment")}</Button>
    </div>
  );
}

function Empty({ namespace }: { namespace: string }) {
  const command = `souk deploy ${namespace || "default"}/digits:1`;
  return (
    <div className="mx-auto mt-8 max-w-xl">
      <h2 className="mb-1 text-16">Nothing is deployed{namespace ? ` in ${namespace}` : ""}</h2>
      <p className="mb-3 text-fg-2">A deployment is a name that answers requests with one version of a model. Press Deploy, or run this. The page changes by itself.</p>
      <CodeTabs label="Deploy" snippets={[{ language: "souk", full: command, shown: command }]} />
    </div>
  );
}

function Rows({ deployments }: { deployments: Deployment[] }) {
  const navigate = useNavigate();
  const open = (index: number) => {
    const one = deployments[index];
    if (one) void navigate({ to: "/deployments/$namespace/$deployment", params: { namespace: one.namespace, deployment: one.slug } });
  };
  const { rowProps, listProps } = useRows(deployments.length, open);
  return (
    <Panel className="relative overflow-x-auto" tabIndex={-1}>
      <table aria-label="Deployments" className="whitespace-nowrap" {...listProps}>
        <thead>
          <tr><th>Deployment</th><th>State</th><th>Version</th><th className="text-right! max-wide:hidden">Requests</th><th className="text-right! max-wide:hidden">Errors</th><th className="text-right! max-wide:hidden">p50</th><th className="text-right! max-wide:hidden">p99</th><th className="text-right! max-phone:hidden">Changed</th></tr>
        </thead>
        <tbody>
          {deployments.map((one, i) => (
            <tr key={one.id} className="[&>td]:h-11" onClick={(event) => !(event.target as HTMLElement).closest("a,button") && open(i)} {...rowProps(i)}>
              <td className="w-full max-w-0 min-w-44">
                <Link tabIndex={-1} to="/deployments/$namespace/$deployment" params={{ namespace: one.namespace, deployment: one.slug }} className="flex min-w-0 items-center gap-2.5">
                  <Identicon of={`${one.model_namespace}/${one.model}`} />
                  <span className="min-w-0"><b className="block truncate leading-[1.3] font-medium">{one.slug}</b><small className="block truncate text-[11.5px] leading-[1.3] text-fg-3"><span className="text-fg-2">{one.namespace}</span> · {one.reference}{one.follow ? ", followed" : ""}</small></span>
                </Link>
              </td>
              <td className="max-w-72"><State of="deployment" state={one.state} note={one.state === "FAILED" ? one.reason : undefined} className="max-w-full" /></td>
              <td className="font-mono text-12">{one.version ? `v${one.version}` : ""}</td>
              <td className="text-right max-wide:hidden">{one.metrics ? count(one.metrics.requests) : ""}</td>
              <td className="text-right max-wide:hidden">{one.metrics ? <span className={one.metrics.errors > 0 ? "text-bad" : "text-fg-2"}>{count(one.metrics.errors)}</span> : ""}</td>
              <td className="text-right text-fg-2 max-wide:hidden">{one.metrics?.requests ? milliseconds(one.metrics.latency_p50_ms) : ""}</td>
              <td className="text-right text-fg-2 max-wide:hidden">{one.metrics?.requests ? milliseconds(one.metrics.latency_p99_ms) : ""}</td>
              <td className="text-right text-fg-2 max-phone:hidden"><When time={one.update_time} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
