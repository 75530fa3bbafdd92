// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { percent } from "../../logic/format.ts";
import { Button } from "../button.tsx";
import { cx } from "../cx.ts";

const few = 20;

/** Every category with its share; in the model's order while they are few, else the likeliest first. */
export function ProbabilityBars({ scores }: { scores: { category: string; score: number }[] }) {
  const [all, setAll] = useState(false);
  const best = scores.reduce((top, one, i) => (one.score > scores[top]!.score ? i : top), 0);
  const many = scores.length > few;
  const rows = scores.map((one, i) => ({ ...one, best: i === best }));
  const shown = many ? rows.sort((a, b) => b.score - a.score).slice(0, all ? undefined : few) : rows;
  const wide = scores.some(({ category }) => category.length > 2);
  return (
    <>
      <ul aria-label="Probability of each category" data-bars className="grid gap-px">
        {shown.map(({ category, score, best }, i) => (
          <li key={`${category} ${i}`} className={cx("grid h-7 items-center gap-2.5 text-12", wide ? "grid-cols-[minmax(60px,30%)_minmax(0,1fr)_60px]" : "grid-cols-[14px_minmax(0,1fr)_60px]", best && "font-[560]")}>
            <span className={cx("truncate", best ? "" : "text-fg-2", !wide && "font-mono")} title={category}>{category}</span>
            <span aria-hidden className="block h-2.5 overflow-hidden rounded-[2px] bg-sunken"><i className={cx("block h-full rounded-[2px] transition-[width] duration-(--settle)", best ? "bg-accent" : "bg-line-field")} style={{ width: `${Math.max(0.4, score * 100)}%` }} /></span>
            <span className="num text-right whitespace-nowrap">{percent(score)} %</span>
          </li>
        ))}
      </ul>
      {many ? <Button look="quiet" small className="mt-1" onClick={() => setAll(!all)}>{all ? `The ${few} likeliest` : `All ${scores.length}`}</Button> : null}
    </>
  );
}
