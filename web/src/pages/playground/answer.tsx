// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "react";
import type { Answer } from "../../api/ask.ts";
import { classified, tensorsOf } from "../../api/ask.ts";
import { Reason } from "../../app/loaded.tsx";
import { metric, percent, shape } from "../../logic/format.ts";
import { asBoxes, asPicture } from "../../logic/pictures.ts";
import { asScores, type TensorData } from "../../logic/tensors.ts";
import { ProbabilityBars } from "../../ui/drawn/bars.tsx";
import { Code } from "../../ui/code.tsx";
import { cx } from "../../ui/cx.ts";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { DrawnBoxes, DrawnPicture } from "./drawn.tsx";

/** The answer, drawn for what it is. An error leaves the last answer away, and the input as it was. */
export function AnswerPanel({ answer, error, busy, labels, hint, url }: { answer: Answer | undefined; error: Error | null; busy: boolean; labels: string[] | undefined; hint: string; url: string | undefined }) {
  const classes = classified(answer);
  const tensors = tensorsOf(answer);
  const found = tensors && asBoxes(tensors, labels);
  return (
    <Panel aria-label="Answer" aria-busy={busy}>
      <PanelHead title="Answer" note={busy ? "asking" : undefined} />
      <div className={cx("px-4 py-3 transition-opacity duration-(--settle)", busy && "opacity-70")} aria-live="polite">
        {error ? (
          <Note tone="bad" role="alert" title="No answer"><Reason problem={error} /></Note>
        ) : classes ? (
          <Scores scores={classes.scores} />
        ) : tensors ? (
          <div className="grid gap-5">{found ? <section aria-label="Found"><DrawnBoxes {...found} url={url} /></section> : null}{tensors.map((tensor) => <Output key={tensor.name} tensor={tensor} labels={labels} />)}</div>
        ) : (
          <p className="py-6 text-center text-fg-3">{hint}</p>
        )}
      </div>
    </Panel>
  );
}

function Scores({ scores }: { scores: { category: string; score: number }[] }) {
  const order = [...scores].sort((a, b) => b.score - a.score);
  const [best, second] = order;
  if (!best) return <p className="text-fg-2">The answer names no category.</p>;
  return (
    <>
      <div className="mb-2.5 flex items-center gap-4">
        <output data-answer={best.category} className={cx("grid min-h-[62px] min-w-[62px] max-w-[50%] place-items-center rounded-[10px] bg-accent-soft px-2 font-[560] wrap-anywhere text-accent-text", best.category.length > 3 ? "text-20" : "text-[40px] leading-none")}>{best.category}</output>
        <div className="num min-w-0">
          <p><b className="text-20 font-[560] tracking-[-.015em]">{percent(best.score)} %</b> <span className="text-fg-2">sure</span></p>
          {second ? <p className="truncate text-fg-2">Next: {second.category}, at {percent(second.score)} %.</p> : null}
        </div>
      </div>
      <ProbabilityBars scores={scores} />
    </>
  );
}

const most = 400;

function Output({ tensor, labels }: { tensor: TensorData; labels: string[] | undefined }) {
  const scores = asScores(tensor, labels);
  const picture = useMemo(() => asPicture(tensor), [tensor]);
  const said = tensor.datatype === "BYTES" && tensor.data.length === 1 ? String(tensor.data.flat(Infinity)[0]) : undefined;
  const values = (tensor.data.flat(Infinity) as unknown[]).slice(0, most);
  const columns = Math.min(tensor.shape.at(-1) ?? 1, 10) || 1;
  return (
    <section aria-label={tensor.name}>
      <h3 className="mb-2 flex gap-2"><code className="text-fg">{tensor.name}</code><span className="font-normal text-fg-3">{tensor.datatype} {shape(tensor.shape)}</span></h3>
      {scores ? (
        <Scores scores={scores} />
      ) : picture ? (
        <DrawnPicture picture={picture} name={tensor.name} />
      ) : said !== undefined ? (
        <p className="rounded-chip border border-line bg-sunken px-3 py-2 text-14 leading-prose wrap-anywhere whitespace-pre-wrap">{said}</p>
      ) : (
        <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={`Values of ${tensor.name}`}>
          <div className="num grid w-fit gap-px rounded-chip border border-line bg-line text-12" style={{ gridTemplateColumns: `repeat(${columns}, minmax(56px, auto))` }}>
            {values.map((value, i) => <span key={i} className="max-w-80 truncate bg-surface px-2 py-1 text-right" title={String(value)}>{typeof value === "number" ? metric(value) : String(value)}</span>)}
          </div>
          {tensor.data.flat(Infinity).length > most ? <p className="mt-1 text-12 text-fg-3">The first {most} of {tensor.data.flat(Infinity).length} values. The response has all.</p> : null}
        </div>
      )}
    </section>
  );
}

export function Response({ answer }: { answer: Answer }) {
  const head = answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  return <Code title="Response" note={`${answer.status} OK`} code={JSON.stringify(answer.body)} shown={`${head}\n\n${compact(answer.body)}`} language="json" wrap className="max-h-[560px] overflow-y-auto" />;
}

/** JSON with small objects and rows of numbers left in one line. */
function compact(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(/\{\n\s+([^{}[\]]{1,72}?)\n\s+\}/g, (_, inner: string) => `{ ${inner.replace(/\n\s+/g, " ")} }`)
    .replace(/\[\s+((?:-?[\d.eE+-]+,?\s+)+)\]/g, (_, numbers: string) => `[${numbers.trim().split(/,?\s+/).join(", ")}]`)
    .replace(/-?\d+\.\d{7,}(e[+-]?\d+)?/g, (number) => String(Number(Number(number).toPrecision(6))))
    .slice(0, 40_000);
}
