// SPDX-License-Identifier: Apache-2.0
import { Braces } from "lucide-react";
import { percent } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { When } from "../../ui/time.tsx";
import type { Question } from "./question.ts";
import type { Try } from "./tries.ts";

export function Tried({ tries, current, onPick, onForget }: { tries: Try[]; current: Question | undefined; onPick: (question: Question) => void; onForget: () => void }) {
  if (tries.length === 0) return null;
  return (
    <Panel aria-label="Tried here">
      <PanelHead title="Tried here" note="kept in this browser only"><Button small look="quiet" onClick={onForget}>Forget</Button></PanelHead>
      <ul className="flex flex-wrap gap-2 px-4 py-3">
        {tries.map(({ question, answer, score, time }) => (
          <li key={time}>
            <button
              type="button"
              aria-label={`${answer}${score === undefined ? "" : `, ${percent(score)} percent`}: ask again`}
              aria-pressed={question === current}
              onClick={() => onPick(question)}
              className="flex items-center gap-1.5 rounded-control border border-line py-1 pr-2.5 pl-1 hover:bg-hover aria-pressed:border-accent aria-pressed:shadow-[0_0_0_1px_var(--accent)]"
            >
              {question.kind === "image" ? <img src={question.url} alt="" className={`size-8 rounded-chip object-cover ${question.strokes ? "dark:invert" : ""}`} /> : <span className="grid size-8 place-items-center"><Braces aria-hidden size={15} className="text-fg-3" /></span>}
              <span className="num leading-tight">
                <b className="block max-w-24 truncate font-[560]">{answer}</b>
                {score === undefined ? <When time={new Date(time).toISOString()} className="text-11 text-fg-3" /> : <small className={`text-11 ${score < 0.7 ? "text-warn" : "text-fg-3"}`}>{percent(score)} %</small>}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
