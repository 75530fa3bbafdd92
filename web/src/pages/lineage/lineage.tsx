// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Box, Database, FlaskConical, type LucideIcon, Package, Rocket, Tag } from "lucide-react";
import { useMemo } from "react";
import * as reads from "../../api/experiments.ts";
import type { Lineage as Whole } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { cx } from "../../ui/cx.ts";
import { Graph } from "../../ui/drawn/graph.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

type Node = Whole["nodes"][number];
const icons: Record<string, LucideIcon> = { version: Box, run: FlaskConical, artifact: Database, alias: Tag, deployment: Rocket };
const words: Record<string, string> = { version: "model version", run: "run", artifact: "artifact", alias: "alias", deployment: "deployment" };

/** What it came from and what came of it; `of` as the API takes it: "run:5", "default/digits:2". */
export function Lineage({ of, what }: { of: string; what: string }) {
  const { data, error, refetch } = useQuery(reads.lineage(of));
  const nodes = useMemo(() => (data?.nodes ?? []).map((node) => ({ id: node.node, at: node.distance, content: <Card node={node} /> })), [data]);
  const edges = useMemo(() => (data?.edges ?? []).map(({ source, target, relation }) => ({ from: source, to: target, label: relation })), [data]);
  if (error) return <Failure what={`the lineage of ${what}`} problem={error} retry={() => void refetch()} />;
  if (!data) return <Bone className="late h-40 rounded-panel" />;
  return (
    <Panel aria-label="Lineage">
      <PanelHead title="Lineage" note={data.truncated ? "the nearest 60; there is more" : "what it came from, and what came of it"} />
      {data.nodes.length > 1 ? <Graph label={`Lineage of ${what}`} nodes={nodes} edges={edges} /> : <p className="px-4 py-6 text-fg-2">Nothing is known to have led here or to have come of it. Runs that log datasets and models, aliases and deployments are drawn by themselves; other steps are told by <code>POST /api/v1/namespaces/…/lineage</code>.</p>}
    </Panel>
  );
}

function Card({ node }: { node: Node }) {
  const Icon = icons[node.kind] ?? Package;
  const inside = (
    <>
      <Icon aria-hidden size={15} strokeWidth={1.75} className={node.distance === 0 ? "text-accent" : "text-fg-3"} />
      <span className="min-w-0">
        <b className="block truncate leading-[1.3] font-medium">{node.name ? <bdi>{node.name}</bdi> : <span className="font-normal text-fg-3">gone</span>}</b>
        <small className="block truncate text-11 leading-[1.3] text-fg-3">{words[node.kind] ?? node.kind}{node.place ? ` in ${node.place}` : ""}</small>
      </span>
    </>
  );
  const frame = cx("flex size-full items-center gap-2 rounded-control border bg-surface px-2.5", node.distance === 0 ? "border-accent" : "border-line-strong");
  const version = node.kind === "version" ? /^(.+):(.+)$/.exec(node.name) : null;
  const [namespace = "", experiment = ""] = node.place.split("/");
  const to = cx(frame, "hover:bg-hover");
  if (version) return <Link className={to} to="/models/$namespace/$model" params={{ namespace, model: version[1]! }} search={{ version: version[2]! }}>{inside}</Link>;
  if (node.kind === "alias" && node.name) return <Link className={to} to="/models/$namespace/$model/versions" params={{ namespace, model: node.name.split("@")[0]! }}>{inside}</Link>;
  if (node.kind === "deployment" && node.name) return <Link className={to} to="/deployments/$namespace/$deployment" params={{ namespace, deployment: node.name }}>{inside}</Link>;
  if (node.kind === "run" && node.name) return <Link className={to} to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace, experiment, run: node.node.slice("run:".length) }}>{inside}</Link>;
  return <span className={frame}>{inside}</span>;
}
