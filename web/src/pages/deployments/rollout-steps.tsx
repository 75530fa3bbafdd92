// SPDX-License-Identifier: Apache-2.0
//
// The steps of one roll-out as stairs, and what the chosen one was judged by.
import type { Analysis, CheckResult, Rollout, RolloutStep, StepFigures } from "../../api/types.ts";
import { count, milliseconds } from "../../logic/format.ts";
import { durationSaid, judged, valueSaid } from "../../logic/strategy.ts";
import { cx } from "../../ui/cx.ts";
import { Swatch } from "../../ui/drawn/split.tsx";
import { StepMark, VerdictMark } from "./rollout-word.tsx";

/** The step that says most: the one that goes on, else the one that failed, else the last that began. */
export function tellingStep(rollout: Rollout): number {
  const steps = rollout.steps;
  return (steps.find((step) => step.state === "RUNNING") ?? steps.find((step) => step.state === "FAILED") ?? steps.findLast((step) => step.state !== "PENDING") ?? steps[0])?.number ?? 0;
}

/** How much of a step's time is over; undefined where it has none. */
function passed(rollout: Rollout, step: RolloutStep): number | undefined {
  if (step.state === "PASSED") return 1;
  if (step.state !== "RUNNING" || !step.duration_ms) return undefined;
  const since = rollout.step_time === undefined ? 0 : Math.max(0, Date.now() - Date.parse(rollout.step_time));
  return Math.min(1, (rollout.elapsed_ms + since) / step.duration_ms);
}

export function Stairs({ rollout, chosen, choose }: { rollout: Rollout; chosen: number; choose: (step: number) => void }) {
  return (
    <ol aria-label="Steps" className="flex gap-1.5 max-phone:flex-wrap">
      {rollout.steps.map((step) => {
        const done = passed(rollout, step);
        const tone = step.state === "FAILED" ? "bg-bad" : step.state === "PASSED" || step.state === "RUNNING" ? "bg-accent" : "bg-line-strong";
        return (
          <li key={step.number} className="min-w-16 flex-1">
            <button type="button" aria-pressed={step.number === chosen} aria-label={`Step ${step.number}: ${step.weight} %`} onClick={() => choose(step.number)} className="block w-full rounded-control border border-line p-1.5 hover:bg-hover aria-pressed:border-accent">
              <span aria-hidden className="flex h-9 items-end overflow-hidden rounded-[3px] bg-sunken">
                <i className={cx("block w-full", tone, step.state === "RUNNING" && "opacity-90")} style={{ height: `${Math.max(4, step.weight)}%` }} />
              </span>
              <span aria-hidden className="mt-1 block h-0.5 overflow-hidden rounded-full bg-sunken"><i className="block h-full bg-info" style={{ width: `${(done ?? 0) * 100}%` }} /></span>
              <span className="mt-1 flex items-baseline gap-1.5 whitespace-nowrap"><b className="num font-strong">{step.weight} %</b><span className="num truncate text-11 text-fg-3">{step.duration_ms === undefined ? "until you say" : durationSaid(step.duration_ms)}</span></span>
              <span className="block overflow-hidden text-12"><StepMark state={step.state} /></span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

export function StepDetail({ rollout, step, versions }: { rollout: Rollout; step: RolloutStep; versions: Map<number, number> }) {
  const { analysis } = step;
  if (!analysis) return <p className="px-4 pb-3 text-fg-2">{step.state === "PENDING" ? `Step ${step.number} has not begun.` : "Nothing was measured in this step yet."}</p>;
  return (
    <>
      {analysis.checks.length > 0 ? (
        <ul aria-label="Checks" className="grid gap-x-6 gap-y-3 border-t border-line px-4 py-3 [grid-template-columns:repeat(auto-fit,minmax(170px,1fr))]">
          {analysis.checks.map((result, i) => <CheckRow key={`${result.check} ${i}`} rollout={rollout} result={result} at={i} />)}
        </ul>
      ) : (
        <p className="border-t border-line px-4 py-3 text-fg-2">Nothing is checked: time alone moves it on.</p>
      )}
      <Against analysis={analysis} old={versions.get(rollout.stable)} next={versions.get(rollout.revision)} />
    </>
  );
}

function CheckRow({ rollout, result, at }: { rollout: Rollout; result: CheckResult; at: number }) {
  const { name, limit, value, bound, side } = judged(rollout.strategy.analysis[at], result);
  const top = Math.max((bound ?? 0) * 1.6, (value ?? 0) * 1.08) || 1;
  const colour = result.verdict === "FAILED" ? "bg-bad" : result.verdict === "PASSED" ? "bg-ok" : "bg-line-field";
  return (
    <li className="min-w-0">
      <p className="flex items-baseline gap-2"><b className="truncate font-medium">{name}</b><span className="num ml-auto">{value === undefined ? "–" : valueSaid(result.kind, value)}</span></p>
      <span aria-hidden className="relative mt-1 block h-1.5 rounded-[2px] bg-sunken">
        <i className={cx("block h-full rounded-[2px] transition-[width] duration-(--settle)", colour)} style={{ width: `${((value ?? 0) / top) * 100}%` }} />
        {bound === undefined ? null : <i className="absolute -top-1 h-3.5 w-0.5 bg-fg-2" style={{ left: `${(bound / top) * 100}%` }} title={side} />}
      </span>
      <p className="mt-1 flex flex-wrap items-center gap-x-2 text-12 text-fg-3"><VerdictMark state={result.verdict} /><span className="wrap-anywhere">{limit}</span></p>
      {result.note ? <p className="text-12 text-fg-3">{result.note}</p> : null}
    </li>
  );
}

const rate = (figures: StepFigures) => (figures.requests > 0 ? figures.errors / figures.requests : undefined);

/** The new revision beside the one before, and which is better. */
function Against({ analysis: { revision, stable }, old, next }: { analysis: Analysis; old: number | undefined; next: number | undefined }) {
  const compared = revision.compared > 0;
  const row = (figures: StepFigures, index: number, name: string) => (
    <tr key={name}>
      <th scope="row" className="h-9! font-normal! text-fg!"><span className="flex items-center gap-1.5"><Swatch index={index} />{name}</span></th>
      <td className="num text-right">{count(figures.requests)}</td>
      <td className="num text-right">{rate(figures) === undefined ? "–" : valueSaid("ERROR_RATE", rate(figures)!)}</td>
      {[figures.latency_p50_ms, figures.latency_p95_ms, figures.latency_p99_ms].map((value, i) => <td key={i} className={cx("num text-right", i === 1 && "max-phone:hidden")}>{value > 0 ? milliseconds(value) : "–"}</td>)}
      {compared ? <td className="num text-right">{index === 1 ? `${count(figures.disagreed)} of ${count(figures.compared)}` : ""}</td> : null}
    </tr>
  );
  return (
    <div className="relative overflow-x-auto border-t border-line">
      <table aria-label="Against the revision before" className="whitespace-nowrap">
        <thead><tr><th>In this step</th><th className="text-right!">Requests</th><th className="text-right!">Errors</th><th className="text-right!">p50</th><th className="text-right! max-phone:hidden">p95</th><th className="text-right!">p99</th>{compared ? <th className="text-right!">Other answers</th> : null}</tr></thead>
        <tbody>
          {row(stable, 0, `v${old ?? "?"} before`)}
          {row(revision, 1, `v${next ?? "?"} new`)}
          <tr className="[&>td]:bg-sunken/50 [&>th]:bg-sunken/50 max-phone:[&>td]:whitespace-normal">
            <th scope="row" className="h-9! font-normal! max-phone:whitespace-normal!">New against before</th>
            <td />
            <td className="text-right"><Delta from={rate(stable)} to={rate(revision)} points /></td>
            <td className="text-right"><Delta from={stable.latency_p50_ms || undefined} to={revision.latency_p50_ms || undefined} /></td>
            <td className="text-right max-phone:hidden"><Delta from={stable.latency_p95_ms || undefined} to={revision.latency_p95_ms || undefined} /></td>
            <td className="text-right"><Delta from={stable.latency_p99_ms || undefined} to={revision.latency_p99_ms || undefined} /></td>
            {compared ? <td /> : null}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

/** Less is better. */
function Delta({ from, to, points = false }: { from: number | undefined; to: number | undefined; points?: boolean }) {
  if (from === undefined || to === undefined) return <span className="text-fg-3">–</span>;
  const change = points ? (to - from) * 100 : from === 0 ? 0 : ((to - from) / from) * 100;
  if (Math.abs(change) < 0.05) return <span className="text-fg-2">the same</span>;
  const better = change < 0;
  return <span className={cx("num", better ? "text-ok" : "text-bad")}>{better ? "−" : "+"}{Number(Math.abs(change).toPrecision(2))} {points ? "points" : "%"} {better ? "better" : "worse"}</span>;
}
