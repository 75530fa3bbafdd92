// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, Check, ExternalLink } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import * as reads from "../../api/catalogue.ts";
import { Gone, Loaded } from "../../app/loaded.tsx";
import { propertyName, propertyValue } from "../../logic/catalogue.ts";
import { plural } from "../../logic/format.ts";
import { Chip } from "../../ui/chip.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { KeyValue, Panel, PanelHead, RailPart } from "../../ui/panel.tsx";
import { Bone, SkeletonPage } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";

const Markdown = lazy(() => import("../models/markdown.tsx"));
const route = getRouteApi("/catalogue/entry");

export function EntryPage() {
  const { source, name, server } = route.useSearch();
  if (server) return <Server id={server} />;
  if (source && name) return <Model source={source} name={name} />;
  return <Gone what="the entry"><Link className="link" to="/catalogue">The catalogue</Link></Gone>;
}

function Frame({ entry, kind, chips, rail, children }: { entry: reads.CatalogueModel | reads.McpServer; kind: "models" | "servers"; chips: string[]; rail: [string, ReactNode][]; children: ReactNode }) {
  const time = entry.lastUpdateTimeSinceEpoch ?? entry.createTimeSinceEpoch;
  const properties = Object.entries(entry.customProperties ?? {});
  const rows: [string, ReactNode][] = [
    ...(entry.provider ? [["Provider", entry.provider] as [string, ReactNode]] : []),
    ...(entry.license ? [["License", entry.licenseLink ? <Out key="l" to={entry.licenseLink}>{entry.license}</Out> : entry.license] as [string, ReactNode]] : []),
    ["Source", <code key="s">{entry.source_id}</code>],
    ...rail,
    ...(time ? [["Updated", <When key="w" time={new Date(Number(time)).toISOString()} />] as [string, ReactNode]] : []),
  ];
  return (
    <>
      <Link to="/catalogue" search={kind === "servers" ? { of: "servers" } : {}} className="link mb-2 inline-flex items-center gap-1 text-12"><ArrowLeft aria-hidden size={13} />Catalogue</Link>
      <div className="mb-4 flex items-center gap-3">
        <Identicon of={`${entry.source_id}/${entry.name}`} size={32} />
        <div className="min-w-0">
          <h1 className="wrap-anywhere">{entry.name}</h1>
          <p className="wrap-anywhere text-fg-2">{entry.description}</p>
        </div>
      </div>
      {chips.length > 0 ? <p className="mb-4 flex flex-wrap gap-1">{chips.map((one) => <Chip key={one} tone="line">{one}</Chip>)}</p> : null}
      <div className="grid grid-cols-[minmax(0,1fr)_316px] items-start gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">{children}</div>
        <aside aria-label="About the entry">
          <RailPart title="About"><KeyValue rows={rows} /></RailPart>
          {properties.length > 0 ? <RailPart title="Properties"><KeyValue rows={properties.map(([name, value]) => [propertyName(name), <span key={name} className="wrap-anywhere">{propertyValue(value)}</span>])} /></RailPart> : null}
        </aside>
      </div>
    </>
  );
}

/** Only where a browser may be sent to. */
function Out({ to, children }: { to: string; children: ReactNode }) {
  return /^https?:\/\//.test(to) ? <a className="link inline-flex items-center gap-1" href={to} target="_blank" rel="noopener noreferrer nofollow">{children}<ExternalLink aria-hidden size={12} /></a> : <span className="wrap-anywhere">{children}</span>;
}

function Model({ source, name }: { source: string; name: string }) {
  const query = useQuery(reads.model(source, name));
  const artifacts = useQuery(reads.artifacts(source, name));
  return (
    <Loaded query={query} what={`the model ${name}`} skeleton={<SkeletonPage />}>
      {(model) => (
        <Frame entry={model} kind="models" chips={model.tasks ?? []} rail={[...(model.libraryName ? [["Library", model.libraryName] as [string, ReactNode]] : []), ...(model.language?.length ? [["Languages", model.language.join(", ")] as [string, ReactNode]] : []), ...(model.maturity ? [["Maturity", model.maturity] as [string, ReactNode]] : [])]}>
          <Loaded query={artifacts} what="its artifacts">{(all) => <Artifacts all={all} />}</Loaded>
          {model.readme ? <Readme text={model.readme} /> : null}
        </Frame>
      )}
    </Loaded>
  );
}

function Artifacts({ all }: { all: reads.Artifact[] }) {
  const files = all.filter((one) => one.artifactType === "model-artifact");
  const kinds = [...new Set(all.filter((one) => one.artifactType === "metrics-artifact").map((one) => one.metricsType ?? "metrics"))];
  return (
    <>
      <Panel aria-label="Where it is">
        <PanelHead title="Where it is" note={plural(files.length, "artifact")} />
        {files.length === 0 ? <p className="px-4 py-3 text-fg-2">The source names no bytes of it.</p> : (
          <ul>{files.map((one) => <li key={one.id} className="flex min-h-10 items-center gap-2 border-t border-line px-4 first:border-t-0"><code className="min-w-0 truncate">{one.uri}</code><span className="ml-auto"><CopyButton text={one.uri ?? ""} label="Copy the address" /></span></li>)}</ul>
        )}
      </Panel>
      {kinds.map((kind) => <Measured key={kind} kind={kind} all={all.filter((one) => one.metricsType === kind)} />)}
    </>
  );
}

/** Measurements side by side: a property a column. */
function Measured({ kind, all }: { kind: string; all: reads.Artifact[] }) {
  const columns = [...new Set(all.flatMap((one) => Object.keys(one.customProperties ?? {})))].filter((name) => name !== "model_id");
  const title = kind === "performance-metrics" ? "Performance" : kind === "accuracy-metrics" ? "Accuracy" : propertyName(kind);
  return (
    <Panel aria-label={title}>
      <PanelHead title={title} note={plural(all.length, "measurement")} />
      <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={`${title}, measured`}>
        <table className="whitespace-nowrap">
          <thead><tr>{columns.map((name) => <th key={name}>{propertyName(name)}</th>)}</tr></thead>
          <tbody>{all.map((one) => <tr key={one.id}>{columns.map((name) => <td key={name} className="num">{one.customProperties?.[name] ? propertyValue(one.customProperties[name]) : ""}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </Panel>
  );
}

function Server({ id }: { id: string }) {
  const query = useQuery(reads.server(id));
  return (
    <Loaded query={query} what="the MCP server" skeleton={<SkeletonPage />}>
      {(server) => (
        <Frame entry={server} kind="servers" chips={server.tags ?? []} rail={serverRows(server)}>
          <Panel aria-label="Tools">
            <PanelHead title="Tools" note={String(server.toolCount)} />
            {(server.tools ?? []).length === 0 ? <p className="px-4 py-3 text-fg-2">It names no tools.</p> : <ul>{server.tools!.map((tool) => <ToolRow key={tool.name} tool={tool} />)}</ul>}
          </Panel>
          {server.readme ? <Readme text={server.readme} /> : null}
        </Frame>
      )}
    </Loaded>
  );
}

function serverRows(server: reads.McpServer): [string, ReactNode][] {
  const row = (name: string, value: ReactNode): [string, ReactNode][] => (value ? [[name, value]] : []);
  return [
    ...row("Version", server.version),
    ...row("Runs", server.deploymentMode),
    ...row("Transports", server.transports?.join(", ")),
    ...Object.entries(server.endpoints ?? {}).map(([name, url]): [string, ReactNode] => [name.toUpperCase(), <span key={name} className="flex min-w-0 items-center gap-1"><code className="truncate">{url}</code><CopyButton text={url} label={`Copy the ${name} address`} /></span>]),
    ...row("Repository", server.repositoryUrl ? <Out to={server.repositoryUrl}>{server.repositoryUrl}</Out> : undefined),
    ...Object.entries(server.securityIndicators ?? {}).filter(([, is]) => is).map(([name]): [string, ReactNode] => [propertyName(name), <Check key={name} aria-label="yes" size={14} className="text-ok" />]),
  ];
}

function ToolRow({ tool }: { tool: reads.Tool }) {
  return (
    <li className="grid gap-1 border-t border-line px-4 py-2.5 first:border-t-0">
      <p className="flex flex-wrap items-center gap-2"><code className="font-medium">{tool.name}</code>{tool.accessType ? <Chip tone={tool.accessType === "read_only" ? "line" : "warn"}>{tool.accessType.replaceAll("_", " ")}</Chip> : null}</p>
      {tool.description ? <p className="text-fg-2">{tool.description}</p> : null}
      {tool.parameters?.length ? <p className="flex flex-wrap gap-x-3 text-12 text-fg-3">{tool.parameters.map((one) => <span key={one.name}><code>{one.name}</code>{one.type ? `: ${one.type}` : ""}{one.required ? ", required" : ""}</span>)}</p> : null}
    </li>
  );
}

function Readme({ text }: { text: string }) {
  return (
    <Panel aria-label="Readme">
      <PanelHead title="Readme" />
      <div className="px-4 py-3"><Suspense fallback={<Bone className="late w-40" />}><Markdown text={text} /></Suspense></div>
    </Panel>
  );
}
