// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Columns3, Upload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment, Model, Version } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { bytes, metric, plural, shortDigest } from "../../logic/format.ts";
import { figures, headline } from "../../logic/metrics.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { AliasChip, byAlias, Chip } from "../../ui/chip.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { useRows } from "../../ui/use-rows.ts";
import { Aliases } from "./aliases.tsx";
import { AliasMenu } from "./alias-menu.tsx";
import { useModel } from "./chosen.ts";
import { pickedOf } from "./picked.ts";

const UploadDialog = lazy(() => import("./upload-dialog.tsx"));
const route = getRouteApi("/models/$namespace/$model/versions");

export function Versions() {
  const model = useModel();
  const query = useQuery(queries.versions(model.namespace, model.slug));
  const [uploading, setUploading] = useState(false);
  return (
    <>
      <Loaded query={query} what={`the versions of ${model.slug}`}>
        {(versions) => (
          <>
            <div className="mb-3 flex items-center gap-3">
              <p className="num text-fg-2">{plural(versions.length, "version")}, {bytes(versions.reduce((sum, one) => sum + (one.size_bytes ?? 0), 0))}</p>
              <span className="ml-auto" />
              <CompareButton model={model} versions={versions} />
              <Button onClick={() => setUploading(true)}><Upload aria-hidden />New version</Button>
            </div>
            {versions.length > 0 ? <div className="grid grid-cols-[minmax(0,1fr)] gap-4"><Table model={model} versions={versions} /><Aliases model={model} /></div> : <p className="text-fg-2">No version yet. Push files to make the first one.</p>}
          </>
        )}
      </Loaded>
      {uploading ? <Suspense><UploadDialog namespace={model.namespace} model={model.slug} onClose={() => setUploading(false)} /></Suspense> : null}
    </>
  );
}

/** The two newest, until others are marked. */
function CompareButton({ model, versions }: { model: Model; versions: Version[] }) {
  const marked = pickedOf(route.useSearch().pick);
  const wanted = marked.length > 1 ? marked : marked.length === 0 ? versions.slice(0, 2).map((one) => one.number).reverse() : [];
  if (versions.length < 2) return null;
  if (wanted.length < 2) return <Button disabled><Columns3 aria-hidden />Mark another to compare</Button>;
  return (
    <ButtonLink to="/models/$namespace/$model/compare" params={{ namespace: model.namespace, model: model.slug }} search={{ versions: wanted.join(",") }}>
      <Columns3 aria-hidden />Compare {wanted.map((number) => `v${number}`).join(", ")}
    </ButtonLink>
  );
}

function Table({ model, versions }: { model: Model; versions: Version[] }) {
  const navigate = route.useNavigate();
  const deployments = useQuery(queries.deployments("")).data ?? [];
  const main = versions.map((one) => headline(one.custom_properties)?.name).find(Boolean);
  const open = (index: number) => {
    const version = versions[index];
    if (version) void navigate({ to: "/models/$namespace/$model", params: { namespace: model.namespace, model: model.slug }, search: version.number === model.latest_version?.number ? {} : { version: String(version.number) } });
  };
  const marked = pickedOf(route.useSearch().pick);
  const mark = (index: number) => {
    const number = versions[index]!.number;
    const next = marked.includes(number) ? marked.filter((one) => one !== number) : [...marked, number].slice(-6);
    void navigate({ search: (old) => ({ ...old, pick: next.join(",") || undefined }), replace: true, resetScroll: false });
  };
  const { rowProps, listProps } = useRows(versions.length, open, undefined, mark);
  return (
    <Panel className="relative overflow-x-auto" tabIndex={-1}>
      <table aria-label="Versions" className="whitespace-nowrap" {...listProps}>
        <thead>
          <tr>
            <th className="w-8 pr-0!"><span className="sr-only">Marked</span></th><th>Version</th><th className="w-full">What changed</th>{main ? <th className="text-right!">{main.replaceAll("_", " ")}</th> : null}
            <th className="text-right! max-wide:hidden">Size</th><th className="max-wide:hidden">Digest</th><th className="max-phone:hidden">Served</th><th className="text-right! max-phone:hidden">Sealed</th><th><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version, i) => (
            <tr
              key={version.id}
              onClick={(event) => {
                if (!(event.target as HTMLElement).closest("a,button,label,input,[role=menu]")) open(i);
              }}
              data-chosen={marked.includes(version.number) ? "" : undefined}
              {...rowProps(i)}
            >
              <td className="pr-0!"><input type="checkbox" tabIndex={-1} aria-label={`Mark v${version.number}`} checked={marked.includes(version.number)} onChange={() => mark(i)} className="accent-accent" /></td>
              <td><Link tabIndex={-1} to="/models/$namespace/$model" params={{ namespace: model.namespace, model: model.slug }} search={{ version: String(version.number) }} className="font-mono text-12 font-medium">v{version.number}</Link></td>
              <td className="max-w-0 min-w-48 max-phone:min-w-32 max-phone:py-2!">
                <span className="flex items-center gap-1.5">
                  {[...version.aliases].sort(byAlias).map((alias) => <AliasChip key={alias} name={alias} />)}
                  {version.name && version.name !== String(version.number) ? <Chip tone="line">{version.name}</Chip> : null}
                  {version.state === "ARCHIVED" ? <Chip tone="warn">archived</Chip> : null}
                  {version.sealed ? null : <Chip tone="info">open</Chip>}
                  <span className="truncate" title={version.description}>{version.description || <span className="text-fg-3">{version.aliases.length ? "" : "no description"}</span>}</span>
                </span>
                {/* What has a column of its own where there is room. */}
                <small className="flex min-w-0 items-center gap-2 pt-0.5 text-[11.5px] text-fg-3 phone:hidden"><Served version={version} model={model} deployments={deployments} />{version.seal_time ? <When time={version.seal_time} /> : "not sealed"}{version.size_bytes === undefined ? null : <span className="num">{bytes(version.size_bytes)}</span>}</small>
              </td>
              {main ? <td className="text-right font-medium">{valueOf(version, main)}</td> : null}
              <td className="text-right text-fg-2 max-wide:hidden">{version.size_bytes === undefined ? "" : bytes(version.size_bytes)}</td>
              <td className="text-fg-2 max-wide:hidden"><code title={version.digest}>{version.digest ? shortDigest(version.digest).replace("sha256:", "").slice(0, 9) : ""}</code></td>
              <td className="max-phone:hidden"><Served version={version} model={model} deployments={deployments} /></td>
              <td className="text-right text-fg-2 max-phone:hidden">{version.seal_time ? <When time={version.seal_time} /> : "not sealed"}{version.author ? <span className="text-fg-3"> by {version.author}</span> : null}</td>
              <td className="pl-0!"><AliasMenu model={model} version={version} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function valueOf(version: Version, name: string): string {
  const figure = figures(version.custom_properties).find((one) => one.name === name);
  return figure ? metric(figure.value) : "";
}

function Served({ version, model, deployments }: { version: Version; model: Model; deployments: Deployment[] }) {
  const found = deployments.filter((one) => one.model_namespace === model.namespace && one.model === model.slug && one.version === version.number);
  const first = found[0];
  return first ? <State of="deployment" state={first.state} note={found.length > 1 ? `${found.length} deployments` : first.slug === model.slug ? undefined : first.slug} /> : null;
}
