// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { PackageOpen } from "lucide-react";
import * as queries from "../../api/queries.ts";
import * as reads from "../../api/transfers.ts";
import { Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { PageHead, Panel, PanelHead } from "../../ui/panel.tsx";
import { NamespaceChoice } from "../access/parts.tsx";
import { ImportForm } from "./import-form.tsx";
import { Jobs } from "./jobs.tsx";

const route = getRouteApi("/transfers");

/** A namespace as one archive, and back. */
export function TransfersPage() {
  const { namespace: asked } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(queries.whoami).data;
  const ns = asked ?? me?.default_namespace ?? "default";
  return (
    <>
      <PageHead title="Move a namespace" note="all of it as one archive, and back">
        <NamespaceChoice hideLabel value={ns} className="w-48" onChange={(namespace) => void navigate({ search: { namespace }, replace: true })} />
      </PageHead>
      <div className="grid grid-cols-2 items-start gap-4 max-wide:grid-cols-[minmax(0,1fr)]">
        <Exports key={`out ${ns}`} ns={ns} />
        <Imports key={`in ${ns}`} ns={ns} />
      </div>
      <p className="mt-4 max-w-3xl text-fg-2">In it are models with versions, bytes, aliases and their history, experiments with runs and every point, and the lineage between them. Not in it are deployments, people, grants, keys, logs and webhooks: they are this server's.</p>
    </>
  );
}

function Exports({ ns }: { ns: string }) {
  const query = useQuery(reads.exports(ns));
  const client = useQueryClient();
  const begin = useMutation({ mutationFn: () => reads.beginExport(ns), onSuccess: () => void client.invalidateQueries({ queryKey: ["transfers", ns] }) });
  return (
    <Panel aria-label="Exports">
      <PanelHead title="Exports" note={`of ${ns}`}><Button small look="primary" disabled={begin.isPending} onClick={() => begin.mutate()}><PackageOpen aria-hidden />Export {ns}</Button></PanelHead>
      {begin.error ? <div className="px-4 pt-3"><Refused title="No export was begun" error={begin.error} /></div> : null}
      <Loaded query={query} what={`the exports of ${ns}`}>{(jobs) => <Jobs jobs={jobs} none={`${ns} was not exported yet. An archive is kept for a week, and can be downloaded here.`} />}</Loaded>
    </Panel>
  );
}

function Imports({ ns }: { ns: string }) {
  const query = useQuery(reads.imports(ns));
  return (
    <Panel aria-label="Imports">
      <PanelHead title="Imports" note={`into ${ns}`} />
      <ImportForm ns={ns} />
      <Loaded query={query} what={`the imports into ${ns}`}>{(jobs) => <Jobs jobs={jobs} none="Nothing was imported yet. Importing the same archive twice changes nothing." />}</Loaded>
    </Panel>
  );
}
