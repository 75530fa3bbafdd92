// SPDX-License-Identifier: Apache-2.0
import { percent } from "../../logic/format.ts";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import type { Question } from "./playground.tsx";

export interface Try {
  question: Question;
  category: string;
  score: number;
}
const most = 12;

/** Newest first. A drawing that only grew by a stroke takes the place of what it grew from. */
export function remember(tries: Try[], next: Try): Try[] {
  const grown = (older: Try) => {
    if (older.question.kind !== "image" || next.question.kind !== "image") return false;
    if (older.question.base64 === next.question.base64) return true;
    const before = older.question.strokes;
    return before !== undefined && before.every((stroke, i) => next.question.kind === "image" && next.question.strokes?.[i] === stroke);
  };
  return [next, ...tries.filter((one) => !grown(one))].slice(0, most);
}

export function Tried({ tries, current, onPick }: { tries: Try[]; current: Question | undefined; onPick: (question: Question) => void }) {
  if (tries.length === 0) return null;
  return (
    <Panel aria-label="Tried here">
      <PanelHead title="Tried here" note="gone when this page is left" />
      <ul className="flex flex-wrap gap-2 px-4 py-3">
        {tries.map(({ question, category, score }, i) => (
          <li key={tries.length - i}>
            <button
              type="button"
              aria-label={`${category}, ${percent(score)} percent: ask again`}
              aria-pressed={question === current}
              onClick={() => onPick(question)}
              className="flex items-center gap-1.5 rounded-control border border-line py-1 pr-2.5 pl-1 hover:bg-hover aria-pressed:border-accent aria-pressed:shadow-[0_0_0_1px_var(--accent)]"
            >
              {question.kind === "image" ? <img src={question.url} alt="" className="size-8 rounded-chip object-cover dark:invert" /> : null}
              <span className="num leading-tight"><b className="block max-w-20 truncate font-[560]">{category}</b><small className={`text-11 ${score < 0.7 ? "text-warn" : "text-fg-3"}`}>{percent(score)} %</small></span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
