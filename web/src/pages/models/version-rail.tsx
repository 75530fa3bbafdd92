// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronsUpDown, Lock, LockOpen, Rocket } from "lucide-react";
import * as queries from "../../api/queries.ts";
import type { Model, Version } from "../../api/types.ts";
import { bytes, formatName, plural } from "../../logic/format.ts";
import { figures } from "../../logic/metrics.ts";
import { pullCalls } from "../../logic/snippets.ts";
import { AliasChip } from "../../ui/chip.tsx";
import { CodeTabs } from "../../ui/code.tsx";
import { Digest } from "../../ui/copy.tsx";
import { Menu, MenuChoices } from "../../ui/menu.tsx";
import { KeyValue, RailPart } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";

/** The version in hand: which, its digest, who uses it, how to get it. */
export function VersionRail({ model, version }: { model: Model; version: Version }) {
  const { host, protocol } = window.location;
  return (
    <aside aria-label={`Version ${version.number}`}>
      <RailPart>
        <VersionSelect model={model} version={version} />
        <KeyValue
          rows={[
            ...(version.digest ? [["Digest", <Digest key="d" digest={version.digest} />] as [string, React.ReactNode]] : []),
            ["Format", <span key="f">{[formatName(version.format) || "unknown", version.runtime ? `runs in ${version.runtime}` : ""].filter(Boolean).join(", ")}</span>],
            ...(version.sealed && version.size_bytes !== undefined && figures(version.custom_properties).length === 0 ? [["Size", bytes(version.size_bytes)] as [string, React.ReactNode]] : []),
            ["State", <span key="s">{version.sealed ? <><Lock aria-hidden size={14} className="mr-1.5 inline align-[-2px] text-fg-3" />Sealed</> : <><LockOpen aria-hidden size={14} className="mr-1.5 inline align-[-2px] text-fg-3" />Open</>}{version.state === "ARCHIVED" ? ", archived" : ""}</span>],
            ...(version.name && version.name !== String(version.number) ? [["Name", <code key="n">{version.name}</code>] as [string, React.ReactNode]] : []),
            ["Made", <span key="m"><When time={version.seal_time ?? version.create_time} />{version.author ? ` by ${version.author}` : ""}</span>],
          ]}
        />
        {version.description ? <p className="wrap-anywhere text-fg-2">{version.description}</p> : null}
      </RailPart>
      <UsedBy model={model} version={version} />
      {version.sealed ? <RailPart title="Pull"><CodeTabs label="Pull" snippets={pullCalls(host, protocol === "http:", model.namespace, model.slug, version.number, version.name || String(version.number))} /></RailPart> : null}
    </aside>
  );
}

function VersionSelect({ model, version }: { model: Model; version: Version }) {
  const route = getRouteApi("/models/$namespace/$model");
  const navigate = route.useNavigate();
  const all = useQuery(queries.versions(model.namespace, model.slug)).data;
  const latest = model.latest_version?.number;
  return (
    <Menu
      label="Version"
      trigger={
        <button type="button" aria-label={`Version ${version.number}, choose another`} className="flex h-[30px] items-center gap-2 rounded-control border border-line-strong bg-surface px-2.5 hover:border-line-field max-phone:h-9">
          <b className="font-mono text-12 font-strong">v{version.number}</b>
          {version.aliases.slice(0, 2).map((alias) => <AliasChip key={alias} name={alias} />)}
          {version.number === latest && version.aliases.length === 0 ? <span className="text-12 text-fg-3">latest</span> : null}
          <span className="ml-auto text-12 text-fg-3"><When time={version.seal_time ?? version.create_time} /></span>
          <ChevronsUpDown aria-hidden size={13} className="text-fg-3" />
        </button>
      }
    >
      <MenuChoices
        value={String(version.number)}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, version: Number(next) === latest ? undefined : next }) })}
        options={(all ?? [version]).map((one) => ({
          value: String(one.number),
          label: <><span className="w-9 font-mono text-12">v{one.number}</span>{one.aliases.map((alias) => <AliasChip key={alias} name={alias} />)}<span className="max-w-48 truncate text-12 text-fg-3">{one.description}</span></>,
        }))}
      />
    </Menu>
  );
}

function UsedBy({ model, version }: { model: Model; version: Version }) {
  const { data } = useQuery(queries.deployments(""));
  const users = (data ?? []).filter((one) => one.model_namespace === model.namespace && one.model === model.slug);
  return (
    <RailPart title="Used by" note={data ? plural(users.length, "deployment") : undefined}>
      {users.map((one) => (
        <Link key={one.id} to="/deployments/$namespace/$deployment" params={{ namespace: one.namespace, deployment: one.slug }} className="flex min-w-0 items-center gap-2 hover:text-accent-text">
          <Rocket aria-hidden size={15} strokeWidth={1.75} className="text-fg-3" />
          <span className="truncate font-medium">{one.namespace === model.namespace ? one.slug : `${one.namespace}/${one.slug}`}</span>
          {one.version && one.version !== version.number ? <span className="font-mono text-12 text-fg-3">v{one.version}</span> : null}
          <span className="ml-auto"><State of="deployment" state={one.state} /></span>
        </Link>
      ))}
      {data && users.length === 0 ? <p className="text-fg-3">Nothing serves this model.</p> : null}
    </RailPart>
  );
}
