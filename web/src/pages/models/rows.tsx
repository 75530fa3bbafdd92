// SPDX-License-Identifier: Apache-2.0
import { Link, useNavigate } from "@tanstack/react-router";
import { memo, type Ref, useMemo } from "react";
import type { Model } from "../../api/types.ts";
import { formatName, metric, plural, taskName } from "../../logic/format.ts";
import { headline } from "../../logic/metrics.ts";
import { AliasChip, byAlias } from "../../ui/chip.tsx";
import { cx } from "../../ui/cx.ts";
import { Kbd } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { useRows } from "../../ui/use-rows.ts";

const columns = "grid grid-cols-[minmax(0,1fr)_64px_minmax(0,228px)_130px_minmax(0,210px)_116px] items-center max-desk:grid-cols-[minmax(0,1fr)_56px_minmax(0,180px)_minmax(0,190px)_104px] max-phone:grid-cols-[minmax(0,1fr)_auto]";
const rowHeight = "h-11 max-phone:h-[69px]"; // as virtual-rows.tsx counts them
const cell = "min-w-0 px-3 first:pl-4 last:pr-4 max-phone:px-3.5";

export interface Place {
  index: number;
  /** Where a virtual row stands, in px from the first. */
  start?: number;
}

export function ModelTable({ models, places, height, body, scrollTo }: { models: Model[]; places: Place[]; height?: number; body?: Ref<HTMLDivElement>; scrollTo?: (index: number) => void }) {
  const navigate = useNavigate();
  const open = (index: number) => {
    const model = models[index];
    if (model) void navigate({ to: "/models/$namespace/$model", params: { namespace: model.namespace, model: model.slug } });
  };
  const { rowProps, listProps } = useRows(models.length, open, scrollTo);
  const versions = useMemo(() => models.reduce((sum, one) => sum + one.version_count, 0), [models]);
  return (
    <>
      <div role="table" aria-label="Models" aria-rowcount={models.length + 1} className="rounded-panel border border-line bg-surface" {...listProps}>
        <div role="rowgroup" className="max-phone:hidden">
          <div role="row" className={cx(columns, "h-8 border-b border-line text-12 font-[460] text-fg-3")}>
            <span role="columnheader" className={cell}>Model</span>
            <span role="columnheader" className={cell}>Latest</span>
            <span role="columnheader" className={cell}>Aliases</span>
            <span role="columnheader" className={cx(cell, "max-desk:hidden")}>Metric</span>
            <span role="columnheader" className={cell}>Deployment</span>
            <span role="columnheader" className={cx(cell, "text-right text-fg")} aria-sort="descending">Updated</span>
          </div>
        </div>
        <div ref={body} role="rowgroup" className="relative" style={height === undefined ? undefined : { height }}>
          {places.map(({ index, start }) => (
            <div
              key={models[index]!.id}
              role="row"
              aria-rowindex={index + 2}
              className={cx(columns, rowHeight, "border-line max-phone:gap-x-3 max-phone:py-2", index < models.length - 1 && "border-b", start !== undefined && "absolute inset-x-0 top-0")}
              style={start === undefined ? undefined : { transform: `translateY(${start}px)` }}
              onClick={(event) => {
                if (!(event.target as HTMLElement).closest("a,button") && !getSelection()?.toString()) open(index);
              }}
              {...rowProps(index)}
            >
              <Row model={models[index]!} />
            </div>
          ))}
        </div>
      </div>
      <div className="flex items-center gap-4 px-1 pt-2 text-12 text-fg-3">
        <span className="num">{plural(models.length, "model")}, {plural(versions, "version")}</span>
        <span className="ml-auto flex items-center gap-1.5 max-phone:hidden"><Kbd>j</Kbd><Kbd>k</Kbd>move</span>
        <span className="flex items-center gap-1.5 max-phone:hidden"><Kbd>Enter</Kbd>open</span>
        <span className="flex items-center gap-1.5 max-phone:hidden"><Kbd>?</Kbd>all keys</span>
      </div>
    </>
  );
}

/** Drawn anew only with its model: moving in the list draws what moves. */
const Row = memo(function Row({ model }: { model: Model }) {
  const latest = model.latest_version;
  const head = headline(latest?.custom_properties);
  const about = [taskName(model.task ?? latest?.task), formatName(latest?.format)].filter(Boolean).join(" · ");
  return (
    <>
      <span role="cell" className={cell}>
        <Link tabIndex={-1} to="/models/$namespace/$model" params={{ namespace: model.namespace, model: model.slug }} className="flex min-w-0 items-center gap-2.5">
          <Identicon of={`${model.namespace}/${model.slug}`} />
          <span className="min-w-0">
            <b className="block truncate leading-[1.3] font-medium"><bdi>{model.name || model.slug}</bdi></b>
            <small className="block truncate text-[11.5px] leading-[1.3] text-fg-3"><span className="text-fg-2">{model.namespace}{model.name === model.slug ? "" : `/${model.slug}`}</span>{about ? ` · ${about}` : ""}{model.state === "ARCHIVED" ? " · Archived" : ""}</small>
          </span>
        </Link>
      </span>
      <span role="cell" className={cx(cell, "num max-phone:hidden")}>{latest ? `v${latest.number}` : <span className="text-fg-3">none</span>}</span>
      <span role="cell" className={cx(cell, "flex gap-1 overflow-hidden max-phone:hidden")}>
        {model.aliases.length === 0 ? <span className="text-fg-3">none</span> : [...model.aliases].sort((a, b) => byAlias(a.name, b.name)).slice(0, 3).map((alias) => <AliasChip key={alias.name} {...alias} />)}
        {model.aliases.length > 3 ? <span className="text-12 text-fg-3">+{model.aliases.length - 3}</span> : null}
      </span>
      <span role="cell" className={cx(cell, "leading-[1.3] max-desk:hidden")}>
        {head ? <><b className="num block font-medium">{metric(head.value)}</b><small className="block truncate text-11 text-fg-3">{head.name}</small></> : <span className="sr-only">none</span>}
      </span>
      <span role="cell" className={cx(cell, "max-phone:order-3 max-phone:-mt-1 max-phone:pl-[54px] max-phone:text-12")}><WhereDeployed model={model} /></span>
      <span role="cell" className={cx(cell, "text-right text-fg-2 max-phone:order-2 max-phone:row-span-2 max-phone:text-12")}><When time={model.update_time} /></span>
    </>
  );
});

/** The worst state speaks; how many there are is said beside it. */
function WhereDeployed({ model }: { model: Model }) {
  const order = ["FAILED", "PENDING", "READY", "STOPPED"];
  const all = [...model.deployments].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const worst = all[0];
  if (!worst) return <State of="deployment" state="NONE" />;
  const where = worst.namespace === model.namespace ? worst.slug : `${worst.namespace}/${worst.slug}`;
  return <State of="deployment" state={worst.state} note={all.length === 1 ? (where === model.slug ? undefined : `as ${where}`) : `${all.length} deployments`} />;
}
