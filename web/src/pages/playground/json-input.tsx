// SPDX-License-Identifier: Apache-2.0
import { Send } from "lucide-react";
import { useState } from "react";
import type { Signature } from "../../api/types.ts";
import { jsonFault } from "../../logic/json-fault.ts";
import { emptyBody } from "../../logic/tensors.ts";
import { Button } from "../../ui/button.tsx";
import { Kbd } from "../../ui/field.tsx";
import type { Question } from "./playground.tsx";

/** Any Open Inference body, as it goes over the wire. */
export function JsonInput({ signature, busy, onAsk }: { signature: Signature | undefined; busy: boolean; onAsk: (question: Question) => void }) {
  const start = emptyBody(signature);
  const [text, setText] = useState<string>();
  const body = text ?? start;
  const fault = jsonFault(body);
  const send = () => {
    if (!fault) onAsk({ kind: "tensors", body });
  };
  return (
    <form onSubmit={(event) => (event.preventDefault(), send())} className="grid gap-2.5">
      <textarea
        aria-label="Request body"
        aria-invalid={fault !== undefined || undefined}
        spellCheck={false}
        value={body}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          }
        }}
        className="h-[340px] w-full resize-y rounded-panel border border-line-strong bg-code px-3 py-2.5 font-mono text-12 leading-[1.6] focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)] aria-invalid:border-bad"
      />
      <p role="status" className="min-h-[17px] text-12 text-bad">{fault}</p>
      <div className="flex items-center gap-2">
        <Button type="submit" look="primary" disabled={busy || fault !== undefined}><Send aria-hidden />Send</Button>
        <Button small disabled={fault !== undefined} onClick={() => setText(JSON.stringify(JSON.parse(body), null, 2))}>Format</Button>
        <Button small disabled={body === start} onClick={() => setText(undefined)}>Start again</Button>
        <span className="ml-auto flex gap-1 max-phone:hidden"><Kbd>Ctrl</Kbd><Kbd>Enter</Kbd></span>
      </div>
    </form>
  );
}
