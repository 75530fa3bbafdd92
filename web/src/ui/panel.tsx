// SPDX-License-Identifier: Apache-2.0
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx.ts";

export function Panel({ className, ...rest }: ComponentProps<"section">) {
  return <section className={cx("min-w-0 rounded-panel border border-line bg-surface", className)} {...rest} />;
}

export function PanelHead({ title, note, children }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex min-h-[38px] items-center gap-2 border-b border-line py-1 pr-3 pl-4 max-phone:flex-wrap">
      <h2 className="whitespace-nowrap">{title}</h2>
      {note ? <span className="min-w-0 truncate text-12 text-fg-3">{note}</span> : null}
      {children ? <span className="ml-auto flex items-center gap-2">{children}</span> : null}
    </header>
  );
}

/** A part of the right rail: hairlines between, no boxes. */
export function RailPart({ title, note, children }: { title?: ReactNode; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="grid min-w-0 gap-2 border-t border-line py-4 first:border-t-0 first:pt-0">
      {title ? (
        <div className="flex items-baseline gap-2">
          <h2>{title}</h2>
          {note ? <span className="num ml-auto text-12 text-fg-3">{note}</span> : null}
        </div>
      ) : null}
      {children}
    </section>
  );
}

export function KeyValue({ rows }: { rows: [name: string, value: ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[92px_minmax(0,1fr)] items-baseline gap-x-3 gap-y-[7px]">
      {rows.map(([name, value], i) => (
        <div key={`${name} ${i}`} className="contents">
          <dt className="text-12 text-fg-3">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Tile {
  name: string;
  value: string;
  unit?: string;
  note?: ReactNode;
}

export function Tiles({ tiles }: { tiles: Tile[] }) {
  return (
    <dl className="grid overflow-hidden rounded-panel border border-line bg-surface [grid-template-columns:repeat(auto-fit,minmax(150px,1fr))]">
      {tiles.map(({ name, value, unit, note }) => (
        <div key={name} className="min-w-0 px-4 pt-3 pb-[11px] shadow-[-1px_-1px_0_var(--line)]">
          <dt className="truncate text-12 text-fg-3" title={name}>{name}</dt>
          <dd>
            <span className="num text-20 font-[560] tracking-[-.015em]">{value}</span>
            {unit ? <span className="ml-1 text-fg-2">{unit}</span> : null}
            <span className="block min-h-[17px] truncate text-12 text-fg-3">{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function PageHead({ title, children, note }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <div className="mb-4 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1>{title}</h1>
      {note ? <span className="text-fg-2">{note}</span> : null}
      {children ? <div className="ml-auto flex items-center gap-2">{children}</div> : null}
    </div>
  );
}
