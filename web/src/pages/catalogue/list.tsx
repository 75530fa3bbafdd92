// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Search, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import * as reads from "../../api/catalogue.ts";
import { Loaded } from "../../app/loaded.tsx";
import { turned, whereOf, whereText } from "../../logic/catalogue.ts";
import { plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Code } from "../../ui/code.tsx";
import { cx } from "../../ui/cx.ts";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Kbd, SearchField, Segments } from "../../ui/field.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { Facets, Sources } from "./facets.tsx";

const route = getRouteApi("/catalogue");
const orders = [["", "As it is"], ["NAME", "Name"], ["LAST_UPDATE_TIME", "Newest"], ["ACCURACY", "Accuracy"]] as const;
const kinds: Record<reads.Kind, string> = { models: "Models", mcp_servers: "MCP servers" };

export function CataloguePage() {
  const { of, q = "", from = "", where: chosen, order = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const kind: reads.Kind = of === "servers" ? "mcp_servers" : "models";
  const where = whereOf(chosen);
  const [narrowing, setNarrowing] = useState(false); // where there is no room beside the list
  const fromAll = from.split(",").filter(Boolean);
  const set = (change: { of?: string | undefined; q?: string | undefined; from?: string | undefined; where?: string | undefined; order?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const sources = useQuery(reads.sources(kind));
  const options = useQuery(reads.options(kind)).data;
  const asked = { q: q.trim(), sources: fromAll, where, order: kind === "models" || order === "NAME" ? order : "" };
  const list = useInfiniteQuery(reads.entries<reads.CatalogueModel & reads.McpServer>(kind, asked));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title="Catalogue" note="what people may take, from every source">
        <Segments<reads.Kind> label="What" value={kind} onChange={(next) => void navigate({ search: next === "mcp_servers" ? { of: "servers" } : {} })} options={Object.entries(kinds).map(([value, label]) => ({ value: value as reads.Kind, label }))} />
      </PageHead>
      <div className="grid grid-cols-[216px_minmax(0,1fr)] items-start gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
        <aside aria-label="Narrow down">
          <Button className="wide:hidden" aria-expanded={narrowing} onClick={() => setNarrowing(!narrowing)}><SlidersHorizontal aria-hidden />{narrowing ? "Hide the filters" : "Sources and filters"}</Button>
          <div className={cx("grid gap-4 max-wide:mt-3", !narrowing && "max-wide:hidden")}>
          {sources.data ? <Sources sources={sources.data} chosen={fromAll} turn={(id) => set({ from: (fromAll.includes(id) ? fromAll.filter((one) => one !== id) : [...fromAll, id]).join(",") || undefined })} /> : null}
          {options ? <Facets key={kind} options={options} where={where} turn={(name, value) => set({ where: whereText(turned(where, name, value)) })} least={(name, value) => set({ where: whereText({ ...where, [name]: value === "" || !Number.isFinite(Number(value)) ? [] : [`>=${Number(value)}`] }) })} /> : null}
          </div>
        </aside>
        <section aria-label={kinds[kind]} className="min-w-0">
          <div className="mb-3 flex flex-wrap items-center gap-3">
            <SearchField icon={Search} className="w-72 max-phone:w-full" data-filter aria-label="Search the catalogue" placeholder="Name, description, provider" value={q} onText={(text) => set({ q: text || undefined })} after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>} />
            {kind === "models" ? <Segments<string> label="Order" value={order} onChange={(next) => set({ order: next || undefined })} options={orders.map(([value, label]) => ({ value, label }))} /> : null}
            {chosen || from || q ? <Button small look="quiet" onClick={() => set({ q: undefined, from: undefined, where: undefined })}>Drop filters</Button> : null}
            <span className="num ml-auto text-12 text-fg-3">{list.data ? `${plural(rows.length, kind === "models" ? "model" : "server")}${list.hasNextPage ? " and more" : ""}` : ""}</span>
          </div>
          <Loaded query={list} what="the catalogue">
            {() => (rows.length === 0 ? <Nothing filtered={Boolean(chosen || from || q)} kind={kind} /> : <Rows kind={kind} rows={rows} sources={sources.data ?? []} />)}
          </Loaded>
          {list.hasNextPage ? <div className="mt-3 text-center"><Button small disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>More</Button></div> : null}
        </section>
      </div>
    </>
  );
}

function Rows({ kind, rows, sources }: { kind: reads.Kind; rows: (reads.CatalogueModel & reads.McpServer)[]; sources: reads.Source[] }) {
  const navigate = useNavigate();
  const sourceName = (id: string) => sources.find((source) => source.id === id)?.name ?? id;
  const search = (row: reads.CatalogueModel & reads.McpServer) => (kind === "models" ? { source: row.source_id, name: row.name } : { server: row.id });
  return (
    <Table
      label={kinds[kind]}
      rows={rows}
      keyOf={(row) => `${row.source_id} ${row.id}`}
      open={(row) => void navigate({ to: "/catalogue/entry", search: search(row) })}
      columns={[
        { name: kind === "models" ? "Model" : "Server", side: "main", cell: (row) => <Link tabIndex={-1} to="/catalogue/entry" search={search(row)} className="flex min-w-0 items-center gap-2.5"><Identicon of={`${row.source_id}/${row.name}`} /><TwoLines title={row.name} note={row.description ?? row.provider ?? ""} /></Link> },
        kind === "models" ? { name: "Tasks", from: "wide", cell: (row) => <Chips all={row.tasks} /> } : { name: "Tools", side: "right", cell: (row) => row.toolCount },
        kind === "models" ? { name: "Provider", from: "phone", cell: (row) => row.provider ?? "" } : { name: "Runs", from: "phone", cell: (row) => [row.deploymentMode, ...(row.transports ?? [])].filter(Boolean).join(", ") },
        { name: "License", from: "phone", cell: (row) => row.license ?? "" },
        { name: "Source", from: "wide", cell: (row) => <span className="text-fg-2">{sourceName(row.source_id)}</span> },
        { name: "Updated", side: "right", from: "desk", cell: (row) => (row.lastUpdateTimeSinceEpoch ? <When time={new Date(Number(row.lastUpdateTimeSinceEpoch)).toISOString()} className="text-fg-2" /> : "") },
      ]}
    />
  );
}

function Chips({ all }: { all: string[] | undefined }) {
  return <span className="flex max-w-64 gap-1 overflow-hidden">{(all ?? []).slice(0, 2).map((one) => <Chip key={one} tone="line">{one}</Chip>)}{(all?.length ?? 0) > 2 ? <Chip>{all!.length - 2} more</Chip> : null}</span>;
}

function Nothing({ filtered, kind }: { filtered: boolean; kind: reads.Kind }) {
  if (filtered) return <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">Nothing fits these filters.</p>;
  return (
    <div className="mx-auto mt-6 max-w-xl">
      <h2 className="mb-1 text-16">{kind === "models" ? "No model is in the catalogue" : "No MCP server is in the catalogue"}</h2>
      <p className="mb-3 text-fg-2">It shows models that everyone may read here, and what the sources name: files, hubs, servers with tools. Write a <code>sources.yaml</code>, and start souk with it.</p>
      <Code title="sources.yaml" language="text" wrap code={kind === "models" ? "model_catalogs:\n  - {name: Validated, id: validated, type: yaml, properties: {yamlCatalogPath: models.yaml}}" : "mcp_catalogs:\n  - {name: Tools, id: tools, type: yaml, properties: {yamlCatalogPath: servers.yaml}}"} />
    </div>
  );
}
