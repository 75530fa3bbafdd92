// SPDX-License-Identifier: Apache-2.0
import { Plus } from "lucide-react";
import { useId } from "react";
import type { StrategyStep } from "../../api/types.ts";
import { durationSaid, stepsOf } from "../../logic/strategy.ts";
import type { Draft, Field, Meant } from "../../logic/strategy-draft.ts";
import { Button } from "../../ui/button.tsx";
import { Segments, TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";

const kinds: { value: Draft["kind"]; label: string }[] = [{ value: "IMMEDIATE", label: "At once" }, { value: "CANARY", label: "Canary" }, { value: "BLUE_GREEN", label: "Blue-green" }, { value: "BY_HAND", label: "By hand" }];
const say: Record<Draft["kind"], string> = {
  IMMEDIATE: "It answers all requests as soon as it is ready.",
  CANARY: "It gets more requests step by step. A check that fails takes all back at once.",
  BLUE_GREEN: "It gets ready beside the one before, and takes all requests in one move.",
  BY_HAND: "Both answer; you move the share on the deployment's page.",
};
const offers = ["error_rate<=1%", "p99<=1.2x", "p99<=100ms", "disagreement<=1%"];

/** How the version takes over from the one that answers now. */
export function StrategyForm({ draft, wrong, onChange }: { draft: Draft; wrong: Meant["wrong"]; onChange: (draft: Draft) => void }) {
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const field = (name: Field) => ({ value: draft[name], error: wrong[name], onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }) });
  const steps = draft.kind === "CANARY" ? stepsOf(draft.steps) : undefined;
  const gradual = draft.kind === "CANARY" || draft.kind === "BLUE_GREEN";
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1 text-12 font-medium">How it takes over</legend>
      <Segments<Draft["kind"]> label="How it takes over" value={draft.kind} onChange={(kind) => set({ kind })} options={kinds} />
      <p className="text-12 text-fg-3">{say[draft.kind]}</p>
      {draft.kind === "CANARY" ? (
        <>
          <TextField label="Steps" {...field("steps")} hint="PERCENT:DURATION; without a duration until you go on" />
          {Array.isArray(steps) ? <Plan steps={steps} /> : null}
        </>
      ) : null}
      {draft.kind === "BLUE_GREEN" ? <TextField label="Looked at before for" {...field("preview")} placeholder="not at all" hint="Such as 5m, or manual: until you promote it" /> : null}
      {draft.kind === "BY_HAND" ? <TextField label="Percent of the requests" inputMode="numeric" {...field("percent")} /> : null}
      {gradual ? (
        <>
          <Checks draft={draft} wrong={wrong.checks} set={set} />
          <div className="grid grid-cols-3 gap-3 max-phone:grid-cols-1">
            <TextField label="Keep the one before" {...field("keep")} placeholder="no" hint="Going back is one step" />
            <TextField label="Copies, percent" inputMode="numeric" {...field("shadow")} placeholder="none" hint="Answers are compared" />
            <TextField label="Requests a step" inputMode="numeric" {...field("requests")} placeholder="any" hint="Judged from so many on" />
          </div>
        </>
      ) : null}
    </fieldset>
  );
}

function Checks({ draft, wrong, set }: { draft: Draft; wrong: string | undefined; set: (change: Partial<Draft>) => void }) {
  const id = useId();
  const lines = draft.checks.split("\n").map((line) => line.trim());
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-12 font-medium">Checks, one a line</label>
      <textarea id={id} rows={3} spellCheck={false} value={draft.checks} aria-invalid={wrong ? true : undefined} onChange={(event) => set({ checks: event.target.value })} className="w-full resize-y rounded-control border border-line-strong bg-surface px-2.5 py-1.5 font-mono text-12 focus-visible:border-accent aria-invalid:border-bad" />
      <span className="flex flex-wrap gap-1">
        {offers.filter((offer) => !lines.includes(offer)).map((offer) => <Button key={offer} small look="quiet" onClick={() => set({ checks: [...lines.filter(Boolean), offer].join("\n"), ...(offer.startsWith("dis") && !draft.shadow ? { shadow: "10" } : {}) })}><Plus aria-hidden /><code>{offer}</code></Button>)}
      </span>
      {wrong ? <Note tone="bad" title={wrong} /> : null}
    </div>
  );
}

/** The share over the steps, as stairs. */
function Plan({ steps }: { steps: StrategyStep[] }) {
  const all = [...steps, ...(steps.at(-1)!.weight === 100 ? [] : [{ weight: 100 }])];
  return (
    <ol aria-label="Plan" className="flex h-14 items-end gap-1">
      {all.map((step, i) => (
        <li key={i} className="grid min-w-0 flex-1 gap-0.5">
          <i aria-hidden className="block rounded-t-[2px] bg-accent" style={{ height: `${Math.max(2, (step.weight / 100) * 22)}px` }} />
          <span className="truncate text-11"><b className="num font-strong">{step.weight} %</b></span>
          <span className="truncate text-11 text-fg-3">{i === all.length - 1 && step.duration_ms === undefined && steps.length < all.length ? "done" : step.duration_ms === undefined ? "you go on" : durationSaid(step.duration_ms)}</span>
        </li>
      ))}
    </ol>
  );
}
