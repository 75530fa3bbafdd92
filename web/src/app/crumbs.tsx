// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useRouterState, useSearch } from "@tanstack/react-router";
import { ChevronsUpDown, Layers, PackageOpen, Plus } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import * as queries from "../api/queries.ts";
import { Identicon } from "../ui/drawn/identicon.tsx";
import { Menu, MenuChoices, MenuItem, MenuSeparator } from "../ui/menu.tsx";

const NewNamespace = lazy(() => import("./new-namespace.tsx"));
const nouns = { models: "Models", experiments: "Experiments", deployments: "Deployments", playground: "Playground", webhooks: "Webhooks" } as const;
type Noun = keyof typeof nouns;
/** Pages that belong to no namespace. */
const others: Record<string, string> = { reference: "API reference", errors: "What errors mean", operations: "Operations", queues: "Queues", access: "Access", catalogue: "Catalogue", transfers: "Move a namespace", search: "Search", settings: "Settings" };

const part = "flex h-7 min-w-0 items-center gap-1.5 rounded-control px-1.5 whitespace-nowrap hover:bg-hover hover:text-fg";

export function Crumbs() {
  const first = useRouterState({ select: (state) => state.location.pathname.split("/")[1] ?? "" });
  const noun: Noun | undefined = first in nouns ? (first as Noun) : undefined;
  const params = useParams({ strict: false }) as { namespace?: string; model?: string; deployment?: string; webhook?: string; queue?: string; operation?: string; experiment?: string; run?: string };
  const search = useSearch({ strict: false }) as { namespace?: string };
  const name = (params.run ? `Run ${params.run}` : undefined) ?? params.experiment ?? params.model ?? params.deployment ?? params.webhook ?? params.queue ?? params.operation?.slice(-12);
  const title = name ? `${name} · ${noun ? nouns[noun] : (others[first] ?? "")}` : noun ? nouns[noun] : (others[first] ?? "");
  useEffect(() => {
    document.title = title ? `${title} · souk` : "souk";
  }, [title]);
  return (
    <nav aria-label="Breadcrumb" className="mr-2 flex min-w-0 items-center gap-0.5 overflow-hidden text-fg-2 max-phone:mr-0">
      {others[first] ? null : <NamespaceSwitch current={params.namespace ?? search.namespace ?? ""} noun={noun ?? "models"} />}
      {noun ? (
        <>
          <Slash />
          {name ? <Link to={`/${noun}`} search={params.namespace ? { namespace: params.namespace } : {}} className={`${part} max-phone:hidden`}>{nouns[noun]}</Link> : <Here>{nouns[noun]}</Here>}
        </>
      ) : others[first] ? (
        name ? <Link to={first === "operations" ? "/operations" : "/queues"} className={`${part} max-phone:hidden`}>{others[first]}</Link> : <Here>{others[first]}</Here>
      ) : null}
      {params.run && params.experiment && params.namespace ? (
        <>
          <Slash />
          <Link to="/experiments/$namespace/$experiment" params={{ namespace: params.namespace, experiment: params.experiment }} className={`${part} max-phone:hidden`}><span className="truncate">{params.experiment}</span></Link>
        </>
      ) : null}
      {name ? (
        <>
          <Slash />
          <Here>{name}</Here>
        </>
      ) : null}
    </nav>
  );
}

function Here({ children }: { children: ReactNode }) {
  return <span aria-current="page" className={`${part} font-medium text-fg hover:bg-transparent`}><span className="truncate">{children}</span></span>;
}

function Slash() {
  return <span aria-hidden className="px-px text-line-strong max-phone:hidden">/</span>;
}

function NamespaceSwitch({ current, noun }: { current: string; noun: Noun }) {
  const { data } = useQuery(queries.namespaces);
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  return (
    <>
    <Menu
      label="Namespace"
      trigger={
        <button type="button" aria-label={`Namespace: ${current || "all"}`} className={part}>
          {current ? <Identicon of={current} size={18} /> : <Layers aria-hidden size={16} strokeWidth={1.75} className="text-fg-3" />}
          <span className="max-w-40 truncate max-phone:max-w-24">{current || "All namespaces"}</span>
          <ChevronsUpDown aria-hidden size={13} />
        </button>
      }
    >
      <MenuChoices
        value={current}
        onChange={(namespace) => void navigate({ to: `/${noun}`, search: namespace ? { namespace } : {} })}
        options={[
          { value: "", label: <><Layers aria-hidden />All namespaces</> },
          ...(data ?? []).map((one) => ({ value: one.slug, label: <><Identicon of={one.slug} size={16} />{one.slug}{one.role ? <span className="text-12 text-fg-3">{one.role.toLowerCase()}</span> : null}</> })),
        ]}
      />
      <MenuSeparator />
      <MenuItem onClick={() => setMaking(true)}><Plus aria-hidden />New namespace</MenuItem>
      <MenuItem onClick={() => void navigate({ to: "/transfers", search: current ? { namespace: current } : {} })}><PackageOpen aria-hidden />Export or import</MenuItem>
    </Menu>
    {making ? <Suspense><NewNamespace onClose={() => setMaking(false)} /></Suspense> : null}
    </>
  );
}
