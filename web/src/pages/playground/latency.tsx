// SPDX-License-Identifier: Apache-2.0
import type { Answer } from "../../api/ask.ts";
import type { Deployment } from "../../api/types.ts";
import { milliseconds } from "../../logic/format.ts";
import { CopyButton, Digest } from "../../ui/copy.tsx";
import { KeyValue, Panel, PanelHead } from "../../ui/panel.tsx";

const colours = ["var(--c2)", "var(--c4)", "var(--c1)", "var(--c3)", "var(--c5)", "var(--c6)"];

export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Where the time went, and which bytes answered. */
export function Latency({ answer, times, deployment }: { answer: Answer | undefined; times: number[]; deployment: Deployment }) {
  if (!answer) return null;
  const inside = answer.parts.reduce((sum, part) => sum + part.ms, 0);
  const parts = [{ name: "Network", ms: Math.max(0, answer.roundTripMs - inside), colour: "var(--i7m)" }, ...answer.parts.map((part, i) => ({ ...part, name: part.name.charAt(0).toUpperCase() + part.name.slice(1), colour: colours[i % colours.length]! }))];
  const revision = deployment.revisions.find((one) => one.digest === answer.digest);
  return (
    <Panel aria-label="Latency">
      <PanelHead title="Latency" note={<span className="num"><b className="font-medium text-fg">{milliseconds(answer.roundTripMs)}</b> this request, seen from the browser</span>}>
        {times.length > 1 ? <span className="num text-12 text-fg-3">last {times.length}: p50 {milliseconds(quantile(times, 0.5))}, p99 {milliseconds(quantile(times, 0.99))}</span> : null}
      </PanelHead>
      <div className="px-4 py-3">
        {answer.parts.length > 0 ? (
          <>
            <div aria-hidden className="mb-2 flex h-3 gap-0.5">{parts.map((part) => <i key={part.name} className="rounded-[2px]" style={{ flexGrow: part.ms, background: part.colour }} />)}</div>
            <ul className="num mb-3 flex flex-wrap gap-x-5 text-12 text-fg-2">{parts.map((part) => <li key={part.name}><i aria-hidden className="mr-1.5 inline-block size-2 rounded-[2px]" style={{ background: part.colour }} />{part.name} <b className="font-medium text-fg">{part.ms.toFixed(2)}</b></li>)}</ul>
          </>
        ) : null}
        <KeyValue
          rows={[
            ...(answer.digest ? [["Version", <span key="d" className="flex flex-wrap items-center gap-x-2">{revision ? <b className="font-mono text-12 font-strong">v{revision.version}</b> : null}<Digest digest={answer.digest} /></span>] as [string, React.ReactNode]] : []),
            ...(answer.traceId ? [["Trace", <span key="t" className="flex items-center gap-1"><code className="truncate" title={answer.traceId}>{answer.traceId}</code><CopyButton text={answer.traceId} label="Copy the trace id" /></span>] as [string, React.ReactNode]] : []),
          ]}
        />
      </div>
    </Panel>
  );
}
