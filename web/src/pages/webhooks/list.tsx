// SPDX-License-Identifier: Apache-2.0
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Webhook } from "../../api/types.ts";
import * as reads from "../../api/webhooks.ts";
import { Failure } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Code } from "../../ui/code.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { SecretDialog } from "./secret-dialog.tsx";
import { HookMark } from "./state.tsx";
import { WebhookForm } from "./webhook-form.tsx";

const route = getRouteApi("/webhooks");

export function WebhooksPage() {
  const { namespace = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(queries.whoami).data;
  const all = useQuery({ ...queries.namespaces, enabled: !namespace }).data;
  // Only admins of a namespace see its webhooks.
  const places = namespace ? [namespace] : (all ?? []).filter((one) => one.role === "ADMIN" || one.role === "OWNER").map((one) => one.slug);
  const lists = useQueries({ queries: places.map((ns) => reads.webhooks(ns)) });
  const [made, setMade] = useState<Webhook>();
  const layer = (on: boolean) => void navigate({ search: (old) => ({ ...old, show: on ? "new" : undefined }), replace: !on });
  const failed = lists.find((list) => list.error && !list.data);
  const hooks = lists.flatMap((list) => list.data ?? []);
  const ready = (namespace !== "" || all !== undefined) && lists.every((list) => list.data || list.error);
  return (
    <>
      <PageHead title="Webhooks" note="who is told when something happens"><Button look="primary" onClick={() => layer(true)}><Plus aria-hidden />New webhook</Button></PageHead>
      {failed?.error ? <Failure what={`the webhooks${namespace ? ` of ${namespace}` : ""}`} problem={failed.error} retry={() => void failed.refetch()} /> : !ready ? <SkeletonRows /> : hooks.length === 0 ? <Empty namespace={namespace} /> : <Hooks hooks={hooks} />}
      {show === "new" ? <WebhookForm ns={namespace || me?.default_namespace || "default"} onMade={(hook) => (layer(false), setMade(hook))} onClose={() => layer(false)} /> : null}
      {made?.secret ? <SecretDialog hook={made} onClose={() => (setMade(undefined), void navigate({ to: "/webhooks/$namespace/$webhook", params: { namespace: made.namespace, webhook: made.name } }))} /> : null}
    </>
  );
}

function Hooks({ hooks }: { hooks: Webhook[] }) {
  const navigate = useNavigate();
  const params = (hook: Webhook) => ({ namespace: hook.namespace, webhook: hook.name });
  return (
    <Table
      label="Webhooks"
      rows={hooks}
      keyOf={(hook) => hook.id}
      open={(hook) => void navigate({ to: "/webhooks/$namespace/$webhook", params: params(hook) })}
      columns={[
        { name: "Webhook", side: "main", cell: (hook) => <Link tabIndex={-1} to="/webhooks/$namespace/$webhook" params={params(hook)} className="block min-w-0"><TwoLines title={hook.name} note={`${hook.namespace} · ${hook.url}`} /></Link> },
        { name: "State", cell: (hook) => <HookMark state={hook.state} /> },
        { name: "Told of", from: "wide", cell: (hook) => <span className="flex max-w-72 gap-1 overflow-hidden">{hook.events.length === 0 ? "everything" : hook.events.slice(0, 3).map((one) => <Chip key={one} tone="line">{one}</Chip>)}{hook.events.length > 3 ? <Chip>{hook.events.length - 3} more</Chip> : null}</span> },
        { name: "Failures", side: "right", from: "phone", cell: (hook) => (hook.failures > 0 ? <span className="text-bad">{hook.failures} in a row</span> : <span className="text-fg-3">0</span>) },
        { name: "Changed", side: "right", from: "phone", cell: (hook) => <When time={hook.update_time} className="text-fg-2" /> },
      ]}
    />
  );
}

function Empty({ namespace }: { namespace: string }) {
  const ns = namespace || "default";
  return (
    <div className="mx-auto mt-8 max-w-xl">
      <h2 className="mb-1 text-16">Nobody is told yet{namespace ? ` of what happens in ${namespace}` : ""}</h2>
      <p className="mb-3 text-fg-2">A webhook gets a signed POST when a version is sealed, an alias moves, a deployment changes. Nothing is left out: what fails is sent again, in order for each object.</p>
      <Code title="Make one" language="shell" wrap code={`souk webhook create ${ns === "default" ? "" : `${ns}/`}ci https://ci.example.com/souk --event 'version.sealed' --event 'alias.*'`} />
    </div>
  );
}
