// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";
import * as queries from "../../api/queries.ts";
import type { Model, Signature, Version } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { bytes, metric, shape } from "../../logic/format.ts";
import { better, figures } from "../../logic/metrics.ts";
import { CodeTabs } from "../../ui/code.tsx";
import { cx } from "../../ui/cx.ts";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead, type Tile, Tiles } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { Card } from "./card.tsx";
import { useChosenVersion, useModel } from "./chosen.ts";
import { VersionRail } from "./version-rail.tsx";

const route = getRouteApi("/models/$namespace/$model");

export function Overview() {
  const model = useModel();
  const chosen = useChosenVersion(model);
  const { version } = route.useSearch();
  if (!model.latest_version && !version) return <NoVersion model={model} />;
  return (
    <Loaded query={chosen} what={`version ${version ?? "latest"} of ${model.slug}`} skeleton={<Bone className="late h-40 rounded-panel" />}>
      {(data) => (
        <div className="grid grid-cols-[minmax(0,1fr)_316px] items-start gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
          <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
            <Warnings version={data} />
            <Metrics model={model} version={data} />
            {data.signature ? <SignatureTable signature={data.signature} /> : null}
            <Card model={model} version={data} />
          </div>
          <VersionRail model={model} version={data} />
        </div>
      )}
    </Loaded>
  );
}

function NoVersion({ model }: { model: Model }) {
  const command = `souk model push ./${model.slug} ${model.namespace}/${model.slug}:1`;
  return (
    <div className="mx-auto mt-8 max-w-xl">
      <h2 className="mb-1 text-16">No version yet</h2>
      <p className="mb-3 text-fg-2">Push files to make the first one. This page changes by itself.</p>
      <CodeTabs label="Push" snippets={[{ language: "souk", full: command, shown: command }]} />
    </div>
  );
}

function Warnings({ version }: { version: Version }) {
  if (!version.sealed) return <Note tone="info" title={`v${version.number} is open`}>{version.uri ? <>Its bytes are at <code className="wrap-anywhere">{version.uri}</code>, not here. Import it before it can be deployed.</> : "It has no bytes yet. Push its files to seal it."}</Note>;
  if (version.missing) return <Note tone="warn" title="It can be kept and pulled, but not deployed here">{version.missing}</Note>;
  if (version.state === "ARCHIVED") return <Note tone="info" title={`v${version.number} is archived`}>It can be pulled; deploying it needs it back. Restore it under Versions.</Note>;
  return null;
}

/** The figures of the version, each against the champion where there is one. */
function Metrics({ model, version }: { model: Model; version: Version }) {
  const champion = model.aliases.find((alias) => alias.name === "champion");
  const against = champion && champion.version !== version.number ? champion.version : undefined;
  const other = useQuery({ ...queries.version(model.namespace, model.slug, String(against ?? "")), enabled: against !== undefined });
  const base = new Map(figures(other.data?.custom_properties).map(({ name, value }) => [name, value]));
  const tiles: Tile[] = figures(version.custom_properties).slice(0, 7).map(({ name, value }) => {
    const was = base.get(name);
    return { name: name.replaceAll("_", " "), value: metric(value), note: was === undefined ? undefined : <Delta name={name} change={value - was} than={`champion v${against}`} /> };
  });
  if (tiles.length === 0) return version.sealed ? <NoFigures model={model} version={version} /> : null;
  if (version.size_bytes !== undefined && version.sealed) {
    const [amount = "", unit = ""] = bytes(version.size_bytes).split(" ");
    tiles.push({ name: "Size", value: amount, unit });
  }
  return <Tiles tiles={tiles} />;
}

/** Whether it is good is not known yet; where that is said. */
function NoFigures({ model, version }: { model: Model; version: Version }) {
  const values = new URLSearchParams({ ns: model.namespace, model: model.slug, version: String(version.number) });
  return (
    <p className="rounded-panel border border-dashed border-line-strong px-4 py-2.5 text-fg-2">
      No figures of v{version.number} yet. A number among its properties, such as an accuracy, shows here beside the champion's.{" "}
      <Link className="link whitespace-nowrap underline underline-offset-2" to="/reference" search={{ call: "update_version", with: values.toString() }}>Set one</Link>
    </p>
  );
}

function Delta({ name, change, than }: { name: string; change: number; than: string }) {
  if (change === 0) return <>as in {than}</>;
  const good = better(name, change);
  const Arrow = change > 0 ? ArrowUp : ArrowDown;
  return (
    <>
      <span className={cx("num", good === true ? "text-ok" : good === false ? "text-bad" : "text-fg-2")}>
        <Arrow aria-hidden size={11} strokeWidth={2.25} className="inline align-[-1px]" />{change > 0 ? "+" : "−"}{metric(Math.abs(change))}{good === undefined ? null : <span className="sr-only">{good ? " better" : " worse"}</span>}
      </span>{" "}
      vs {than}
    </>
  );
}

function SignatureTable({ signature }: { signature: Signature }) {
  const rows = [...signature.inputs.map((tensor) => ({ ...tensor, way: "in" })), ...signature.outputs.map((tensor) => ({ ...tensor, way: "out" }))];
  return (
    <Panel aria-label="Signature">
      <PanelHead title="Signature" note="enforced on every call" />
      <div className="relative overflow-x-auto">
        <table>
          <thead><tr><th className="w-14"><span className="sr-only">Way</span></th><th>Name</th><th>Type</th><th>Shape</th></tr></thead>
          <tbody>
            {rows.map(({ way, name, datatype, shape: dimensions }) => (
              <tr key={`${way} ${name}`} className="[&>td]:h-[34px]"><td className="text-fg-3">{way}</td><td><code>{name}</code></td><td><code className="text-fg-2">{datatype}</code></td><td><code>{shape(dimensions)}</code></td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
