// SPDX-License-Identifier: Apache-2.0
import { type DiffLine, folded } from "../../logic/diff.ts";
import { cx } from "../cx.ts";

/** Lines with a sign before them: colour is never the only mark. */
export function Difference({ lines }: { lines: readonly DiffLine[] }) {
  if (lines.every((line) => line.kind === "same")) return <p className="px-4 py-3 text-fg-2">The same.</p>;
  return (
    <pre tabIndex={0} className="relative overflow-x-auto py-2 text-12 leading-[1.6] focus-visible:shadow-focus-inset">
      {folded(lines).map((line, i) =>
        line.kind === "gap" ? (
          <div key={i} className="bg-sunken px-4 text-fg-3">{line.count} {line.count === 1 ? "line" : "lines"} the same</div>
        ) : (
          <div key={i} className={cx("px-4", line.kind === "new" && "bg-ok-soft", line.kind === "old" && "bg-bad-soft")}>
            <span className={cx("inline-block w-4 select-none", line.kind === "new" ? "text-ok" : line.kind === "old" ? "text-bad" : "text-fg-3")}>{line.kind === "new" ? "+" : line.kind === "old" ? "−" : " "}</span>
            {line.text}
          </div>
        ),
      )}
    </pre>
  );
}
