// SPDX-License-Identifier: Apache-2.0
import { CircleStop, Gauge } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client.ts";
import { milliseconds } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { quantile } from "./latency.tsx";

const Plot = lazy(() => import("../../charts/plot.tsx"));

interface Run {
  times: (number | null)[];
  failed: number;
  first: string;
  seconds: number;
}

/** Sends the question that was just asked many times, and draws how long each took. */
export function LoadSketch({ ask }: { ask: ((signal: AbortSignal) => Promise<unknown>) | undefined }) {
  const [times, setTimes] = useState<"100" | "1000">("100");
  const [atOnce, setAtOnce] = useState<"1" | "4" | "16">("1");
  const [run, setRun] = useState<Run>();
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  if (!ask) return null;

  const start = async () => {
    const controller = (abort.current = new AbortController());
    const wanted = Number(times);
    const begin = performance.now();
    const kept: Run = { times: [], failed: 0, first: "", seconds: 0 };
    let sent = 0;
    let drawn = 0;
    const show = () => {
      drawn = performance.now();
      setRun({ ...kept, times: [...kept.times], seconds: (drawn - begin) / 1000 });
    };
    setBusy(true);
    setRun(undefined);
    const worker = async () => {
      while (sent < wanted && !controller.signal.aborted) {
        const n = sent++;
        const from = performance.now();
        try {
          await ask(controller.signal);
          kept.times[n] = performance.now() - from;
        } catch (cause) {
          if (controller.signal.aborted) return;
          kept.times[n] = null;
          kept.failed++;
          kept.first ||= (cause as Error).message;
          // A server that is gone or signed out would refuse all the rest as well.
          if (cause instanceof Problem && (cause.status === 0 || cause.status === 401)) controller.abort();
        }
        if (performance.now() - drawn > 250) show();
      }
    };
    await Promise.all(Array.from({ length: Number(atOnce) }, worker));
    show();
    setBusy(false);
  };

  const done = run?.times.filter((time): time is number => typeof time === "number") ?? [];
  return (
    <Panel aria-label="Load sketch">
      <PanelHead title="Load sketch" note="a look, not a benchmark: the browser's own time is in every figure" />
      <div className="flex flex-wrap items-center gap-2 px-4 py-3">
        <Segments label="Times" value={times} onChange={setTimes} options={[{ value: "100", label: "100 ×", disabled: busy }, { value: "1000", label: "1 000 ×", disabled: busy }]} />
        <Segments label="At once" value={atOnce} onChange={setAtOnce} options={(["1", "4", "16"] as const).map((value) => ({ value, label: `${value} at once`, disabled: busy }))} />
        {busy ? <Button small onClick={() => abort.current?.abort()}><CircleStop aria-hidden />Stop</Button> : <Button small onClick={() => void start()}><Gauge aria-hidden />Send</Button>}
      </div>
      {run ? (
        <div className="pb-2" role="status">
          <Suspense fallback={<Bone className="late m-4 h-40" />}>
            <Plot title="Latency" unit="each request, from the browser" x={run.times.map((_, i) => i + 1)} lines={[{ name: "took", values: Array.from(run.times, (time) => time ?? null), points: true }]} height={140} format={milliseconds} formatX={String} />
          </Suspense>
          <p className="num flex flex-wrap gap-x-4 px-3 text-12 text-fg-2">
            <span>{done.length} of {times} answered</span>
            <span>p50 <b className="font-medium text-fg">{milliseconds(quantile(done, 0.5))}</b></span>
            <span>p90 <b className="font-medium text-fg">{milliseconds(quantile(done, 0.9))}</b></span>
            <span>p99 <b className="font-medium text-fg">{milliseconds(quantile(done, 0.99))}</b></span>
            <span><b className="font-medium text-fg">{(done.length / Math.max(0.001, run.seconds)).toFixed(0)}</b> a second</span>
          </p>
          {run.failed > 0 ? <div className="px-3 pt-2"><Note tone="bad" title={`${run.failed} failed`}>{run.first}</Note></div> : null}
        </div>
      ) : null}
    </Panel>
  );
}
