// SPDX-License-Identifier: Apache-2.0
import { Dices, Eraser, Minus, Plus, Send } from "lucide-react";
import { useState } from "react";
import type { Signature, Tensor } from "../../api/types.ts";
import { shape as shapeText } from "../../logic/format.ts";
import { columnsOf, concrete, elements, gridLimit, inferBody, parseCell, splitCells } from "../../logic/tensors.ts";
import { Button } from "../../ui/button.tsx";
import type { Question } from "./question.ts";

type Cells = Record<string, string[]>;

/** A table for each input tensor, and fields to write in for text. A block copied from a sheet can be pasted into any cell. */
export function GridInput({ signature, busy, onAsk }: { signature: Signature; busy: boolean; onAsk: (question: Question) => void }) {
  const [cells, setCells] = useState<Cells>({});
  const [batch, setBatch] = useState(1);
  const [faults, setFaults] = useState<string[]>([]);
  const dynamic = signature.inputs.every((tensor) => tensor.shape[0] === -1);
  const shapeOf = (tensor: Tensor) => (dynamic ? [batch, ...concrete(tensor.shape.slice(1))] : concrete(tensor.shape));
  const most = Math.min(8, ...signature.inputs.map((tensor) => Math.floor(gridLimit / elements(tensor.shape))));
  const read = (tensor: Tensor, i: number) => cells[tensor.name]?.[i] ?? "";
  const write = (name: string, from: number, values: string[], limit: number) =>
    setCells((old) => {
      const next = [...(old[name] ?? [])];
      values.slice(0, limit - from).forEach((value, i) => (next[from + i] = value));
      return { ...old, [name]: next };
    });

  const send = () => {
    const wrong: string[] = [];
    const inputs = signature.inputs.map((tensor) => {
      const shape = shapeOf(tensor);
      const data = Array.from({ length: elements(shape) }, (_, i) => {
        const parsed = parseCell(read(tensor, i), tensor.datatype);
        if (parsed.ok) return parsed.value;
        wrong.push(`${tensor.name}[${i}]: ${parsed.why}`);
        return 0;
      });
      return { name: tensor.name, datatype: tensor.datatype, shape, data };
    });
    setFaults(wrong);
    if (wrong.length === 0) onAsk({ kind: "tensors", body: inferBody(inputs) });
  };
  const random = () => setCells(Object.fromEntries(signature.inputs.map((tensor) => [tensor.name, Array.from({ length: elements(shapeOf(tensor)) }, () => (tensor.datatype === "BOOL" ? String(Math.random() < 0.5) : tensor.datatype === "BYTES" ? "" : /INT/.test(tensor.datatype) ? String(Math.floor(Math.random() * 10)) : Math.random().toFixed(2)))])));

  return (
    <form
      onSubmit={(event) => (event.preventDefault(), send())}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
      }}
      className="grid gap-3"
    >
      <div className="grid max-h-[420px] gap-3 overflow-auto" tabIndex={-1}>
        {signature.inputs.map((tensor) => {
          const total = elements(shapeOf(tensor));
          return (
            <fieldset key={tensor.name} className="min-w-0">
              <legend className="mb-1.5 flex gap-2 text-12"><code className="font-medium">{tensor.name}</code><span className="text-fg-3">{tensor.datatype} {shapeText(shapeOf(tensor))}</span></legend>
              <div className="grid gap-1 p-0.5" style={{ gridTemplateColumns: `repeat(${columnsOf(shapeOf(tensor))}, minmax(${tensor.datatype === "BYTES" ? 90 : 34}px, 1fr))` }}>
                {Array.from({ length: total }, (_, i) => {
                  const value = read(tensor, i);
                  const bad = !parseCell(value, tensor.datatype).ok;
                  if (tensor.datatype === "BYTES") {
                    return <textarea key={i} aria-label={`${tensor.name} ${i}`} rows={total === 1 ? 6 : 2} value={value} placeholder="Text" onChange={(event) => write(tensor.name, i, [event.target.value], total)} className="w-full min-w-0 resize-y rounded-chip border border-line-strong bg-bg px-2 py-1 focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)]" />;
                  }
                  return (
                    <input
                      key={i}
                      aria-label={`${tensor.name} ${i}`}
                      aria-invalid={bad || undefined}
                      inputMode="decimal"
                      value={value}
                      placeholder="0"
                      onChange={(event) => write(tensor.name, i, [event.target.value], total)}
                      onPaste={(event) => {
                        const values = splitCells(event.clipboardData.getData("text"));
                        if (values.length < 2) return;
                        event.preventDefault();
                        write(tensor.name, i, values, total);
                      }}
                      className="num h-7 w-full min-w-0 rounded-chip border border-line-strong bg-bg px-[3px] text-right text-12 focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)] aria-invalid:border-bad"
                    />
                  );
                })}
              </div>
            </fieldset>
          );
        })}
      </div>
      {faults.length > 0 ? <p role="alert" className="text-12 text-bad">{faults[0]}{faults.length > 1 ? `, and ${faults.length - 1} more` : ""}</p> : null}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" disabled={busy}><Send aria-hidden />Send</Button>
        <Button small onClick={random}><Dices aria-hidden />Random</Button>
        <Button small onClick={() => (setCells({}), setFaults([]))}><Eraser aria-hidden />Clear</Button>
        {dynamic && most > 1 ? (
          <span className="ml-auto flex items-center gap-1 text-12 text-fg-3">
            Rows <span className="num w-4 text-center text-fg">{batch}</span>
            <Button small icon aria-label="One row less" disabled={batch <= 1} onClick={() => setBatch(batch - 1)}><Minus aria-hidden /></Button>
            <Button small icon aria-label="One row more" disabled={batch >= most} onClick={() => setBatch(batch + 1)}><Plus aria-hidden /></Button>
          </span>
        ) : null}
      </div>
    </form>
  );
}
