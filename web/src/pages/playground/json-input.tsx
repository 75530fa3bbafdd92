// SPDX-License-Identifier: Apache-2.0
import { Send } from "lucide-react";
import { useId, useRef, useState } from "react";
import type { Signature } from "../../api/types.ts";
import { type Completion, complete } from "../../logic/json-complete.ts";
import { jsonFault } from "../../logic/json-fault.ts";
import { emptyBody } from "../../logic/tensors.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { Kbd } from "../../ui/field.tsx";
import type { Question } from "./question.ts";

/** Any Open Inference body, as it goes over the wire. Ctrl and Space says what may stand at the cursor. */
export function JsonInput({ signature, busy, start: given, onAsk }: { signature: Signature | undefined; busy: boolean; start: string | undefined; onAsk: (question: Question) => void }) {
  const start = emptyBody(signature);
  const [text, setText] = useState<string | undefined>(given);
  const [offers, setOffers] = useState<Completion[]>([]);
  const [at, setAt] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const body = text ?? start;
  const fault = jsonFault(body);
  const send = () => {
    if (!fault) onAsk({ kind: "tensors", body });
  };
  const offer = (next: string, cursor: number, asked: boolean) => {
    const found = complete(next, cursor, signature).slice(0, 8);
    // Unasked it speaks only while a name or a value is being typed.
    setOffers(asked || (found[0] && found[0].from < cursor) ? found : []);
    setAt(0);
  };
  const take = (one: Completion) => {
    const node = area.current!;
    const end = node.selectionStart;
    const closing = body[end] === '"' && body[one.from] === '"' ? 1 : 0; // the quote that stands there already
    node.focus();
    node.setSelectionRange(one.from, end + closing);
    // As if typed, so that the browser's own undo takes it back.
    if (!document.execCommand("insertText", false, one.insert)) setText(body.slice(0, one.from) + one.insert + body.slice(end + closing));
    setOffers([]);
  };
  return (
    <form onSubmit={(event) => (event.preventDefault(), send())} className="grid gap-2.5">
      <textarea
        ref={area}
        aria-label="Request body"
        aria-invalid={fault !== undefined || undefined}
        aria-controls={offers.length > 0 ? `${id}-offers` : undefined}
        aria-activedescendant={offers.length > 0 ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        spellCheck={false}
        value={body}
        onChange={(event) => {
          setText(event.target.value);
          offer(event.target.value, event.target.selectionStart, false);
        }}
        onBlur={() => setOffers([])}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          } else if (event.key === " " && event.ctrlKey) {
            event.preventDefault();
            offer(body, event.currentTarget.selectionStart, true);
          } else if (offers.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
            event.preventDefault();
            setAt((at + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length);
          } else if (offers.length > 0 && (event.key === "Enter" || event.key === "Tab")) {
            event.preventDefault();
            take(offers[at]!);
          } else if (event.key === "Escape") setOffers([]);
        }}
        className="h-[340px] w-full resize-y rounded-panel border border-line-strong bg-code px-3 py-2.5 font-mono text-12 leading-[1.6] focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)] aria-invalid:border-bad"
      />
      {offers.length > 0 ? (
        <ul id={`${id}-offers`} role="listbox" aria-label="What may stand here" className="-mt-1.5 rounded-panel border border-line-strong bg-raised p-1 shadow-float">
          {offers.map((one, i) => (
            <li key={one.insert} id={`${id}-${i}`} role="option" aria-selected={i === at} onPointerDown={(event) => (event.preventDefault(), take(one))} className={cx("flex h-7 cursor-default items-center gap-3 rounded-[5px] px-2 text-12", i === at && "bg-accent-soft")}>
              <code className="min-w-0 flex-1 truncate">{one.insert}</code>
              <span className="whitespace-nowrap text-fg-3 in-aria-selected:text-fg-2">{one.say}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <p role="status" className="min-h-[17px] text-12 text-bad">{fault}</p>
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" disabled={busy || fault !== undefined}><Send aria-hidden />Send</Button>
        <Button small disabled={fault !== undefined} onClick={() => setText(JSON.stringify(JSON.parse(body), null, 2))}>Format</Button>
        <Button small disabled={body === start} onClick={() => setText(undefined)}>Start again</Button>
        <span className="ml-auto flex items-center gap-1 text-12 text-fg-3 max-phone:hidden"><Kbd>Ctrl</Kbd><Kbd>Space</Kbd>completes</span>
      </div>
    </form>
  );
}
