// SPDX-License-Identifier: Apache-2.0
//
// Things side by side, one row for each fact; what is not as in the first is tinted, and figures say better or worse.
import { Fragment, type ReactNode } from "react";
import type { Row } from "../../logic/compare.ts";
import { better } from "../../logic/metrics.ts";
import { cx } from "../cx.ts";
import { Panel } from "../panel.tsx";

const measured = (row: Row) => row.group === "Figures" || row.group === "Metrics";

/** `heads` are what is compared; `nameOf` says a fact's name where it is more than that. */
export function Facts({ label, rows, heads, nameOf, first = "baseline" }: { label: string; rows: Row[]; heads: ReactNode[]; nameOf?: (row: Row) => ReactNode; first?: string }) {
  const groups = [...new Set(rows.map((row) => row.group))];
  return (
    <Panel className="relative overflow-x-auto" tabIndex={-1}>
      <table aria-label={label}>
        <thead>
          <tr>
            <th className="w-48 max-phone:w-24">Fact</th>
            {heads.map((head, i) => <th key={i}><span className="inline-flex items-center gap-1.5">{head}{i === 0 && first ? <span className="text-11">{first}</span> : null}</span></th>)}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group}>
              <tr className="[&>th]:h-7 [&>th]:bg-sunken"><th scope="rowgroup" colSpan={heads.length + 1}>{group}</th></tr>
              {rows.filter((row) => row.group === group).map((row) => (
                <tr key={row.name}>
                  <th scope="row" className="max-w-64 font-normal! whitespace-normal! text-fg-2!">{nameOf?.(row) ?? <span className="wrap-anywhere">{measured(row) ? row.name.replaceAll("_", " ") : row.name}</span>}</th>
                  {row.cells.map((_, i) => <Value key={i} row={row} at={i} />)}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Value({ row, at }: { row: Row; at: number }) {
  const cell = row.cells[at];
  const first = row.cells[0];
  const other = at > 0 && cell?.raw !== first?.raw;
  const change = other && cell?.number !== undefined && first?.number !== undefined ? cell.number - first.number : undefined;
  const good = change === undefined ? undefined : better(row.name, change);
  return (
    <td className={cx("max-w-80 min-w-36 wrap-anywhere max-phone:min-w-24", other && "bg-accent-soft/40")}>
      {cell ? <span className={cx(measured(row) && "num font-medium")}>{cell.text}</span> : <span className="text-fg-3">{at > 0 && first ? "not there" : "none"}</span>}
      {change !== undefined ? <span className={cx("num ml-2 text-12", good === true ? "text-ok" : good === false ? "text-bad" : "text-fg-3")}>{change > 0 ? "+" : "−"}{Number(Math.abs(change).toPrecision(3))}{good === undefined ? "" : good ? " better" : " worse"}</span> : null}
    </td>
  );
}
