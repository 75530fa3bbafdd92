// SPDX-License-Identifier: Apache-2.0
//
// A table that is short enough to be drawn whole: one row in the tab order, j and k, Enter opens.
import type { ReactNode } from "react";
import { Panel } from "./panel.tsx";
import { useRows } from "./use-rows.ts";

export interface Column<T> {
  name: string;
  /** "right" for numbers and times; "main" takes the room that is left. */
  side?: "right" | "main";
  /** Where the window is narrower than this, the column is left out. */
  from?: "phone" | "wide" | "desk";
  /** Heard, not seen. */
  silent?: boolean;
  cell: (row: T) => ReactNode;
}

const hidden = { phone: "max-phone:hidden", wide: "max-wide:hidden", desk: "max-desk:hidden" };

function classOf<T>({ side, from }: Column<T>, head: boolean): string {
  return [side === "right" ? (head ? "text-right!" : "text-right") : side === "main" ? "w-full max-w-0 min-w-36" : "", from ? hidden[from] : ""].join(" ").trim();
}

export function Table<T>({ label, columns, rows, keyOf, open, framed = true }: { label: string; columns: Column<T>[]; rows: readonly T[]; keyOf: (row: T) => string | number; open?: (row: T) => void; framed?: boolean }) {
  const { rowProps, listProps } = useRows(open ? rows.length : 0, (index) => rows[index] !== undefined && open?.(rows[index]));
  const table = (
    <table aria-label={label} className="whitespace-nowrap" {...(open ? listProps : {})}>
      <thead>
        <tr>{columns.map((column) => <th key={column.name} className={classOf(column, true)}>{column.silent ? <span className="sr-only">{column.name}</span> : column.name}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={keyOf(row)} className="[&>td]:h-11" {...(open ? { onClick: (event) => void (!(event.target as HTMLElement).closest("a,button") && open(row)), ...rowProps(i) } : {})}>
            {columns.map((column) => <td key={column.name} className={classOf(column, false)}>{column.cell(row)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return framed ? <Panel className="relative overflow-x-auto" tabIndex={-1}>{table}</Panel> : <div className="relative overflow-x-auto">{table}</div>;
}

/** Two lines in the first cell of a row. */
export function TwoLines({ title, note }: { title: ReactNode; note?: ReactNode }) {
  return (
    <span className="block min-w-0">
      <b className="block truncate leading-[1.3] font-medium">{title}</b>
      {note ? <small className="block truncate text-[11.5px] leading-[1.3] text-fg-3">{note}</small> : null}
    </span>
  );
}
