// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { call } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import { milliseconds } from "../../logic/format.ts";
import { jsonFault } from "../../logic/json-fault.ts";
import { type Contract, example, filled, nameOf, type Operation } from "../../logic/openapi.ts";
import { plainCall } from "../../logic/snippets.ts";
import { Reason } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { Code, CodeTabs } from "../../ui/code.tsx";
import { TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { useTyped } from "../../ui/use-typed.ts";

const route = getRouteApi("/reference");
const shownMost = 40_000;
const statuses = Array.from({ length: 200 }, (_, i) => 400 + i);

/** Fills a call in and sends it, as this page's caller. A call that changes something says so on its button. */
export function TryIt({ contract, operation }: { contract: Contract; operation: Operation }) {
  const who = useQuery(queries.whoami).data;
  const { with: kept = "" } = route.useSearch();
  const navigate = route.useNavigate();
  // What was typed stands in the address, but for the body, which may be long or secret.
  const [typed, type] = useTyped(kept, (text) => void navigate({ search: (old) => ({ ...old, with: text || undefined }), replace: true, resetScroll: false }));
  const values: Record<string, string> = { ns: who?.default_namespace ?? "", ...Object.fromEntries(new URLSearchParams(typed)) };
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(typed);
    if (value) next.set(name, value);
    else next.delete(name);
    type(next.toString());
  };
  const [body, setBody] = useState(() => (operation.body ? JSON.stringify(example(contract, operation.body.schema), null, 2) : ""));
  const fault = operation.body && body.trim() ? jsonFault(body) : undefined;
  const { path, headers, missing } = filled(operation, values);
  const json: Record<string, string> = operation.body ? { "Content-Type": operation.body.type } : {};
  const send = useMutation({
    mutationFn: async () => {
      const begin = performance.now();
      const answer = await call(path, { method: operation.method, headers: { ...json, ...headers }, ...(operation.body && body.trim() ? { body } : {}), accept: statuses.filter((status) => status !== 401) });
      const stream = answer.headers.get("content-type")?.startsWith("text/event-stream");
      if (stream) void answer.body?.cancel();
      const text = stream ? "The stream is open: what happens comes as it happens. Follow it with curl." : await answer.text();
      return { status: answer.status, ms: performance.now() - begin, text };
    },
  });
  const changes = operation.method !== "GET" && operation.method !== "HEAD";
  const answer = send.data;
  return (
    <Panel aria-label="Try it">
      <PanelHead title="Try it" note={changes ? "this changes what is on the server" : "this only reads"} />
      <form onSubmit={(event) => (event.preventDefault(), missing.length === 0 && !fault && !send.isPending && send.mutate())} className="grid gap-3 p-4">
        {operation.parameters.length > 0 ? (
          <div className="grid gap-3 [grid-template-columns:repeat(auto-fill,minmax(200px,1fr))]">
            {operation.parameters.map((parameter) => (
              <TextField key={parameter.name} label={parameter.required ? parameter.name : `${parameter.name}, if wanted`} value={values[parameter.name] ?? ""} onChange={(event) => set(parameter.name, event.target.value)} hint={parameter.description ?? `${parameter.in}, ${nameOf(parameter.schema ?? {})}`} />
            ))}
          </div>
        ) : null}
        {operation.body ? (
          <label className="grid gap-1 text-12 font-medium">
            Body
            <textarea aria-invalid={fault !== undefined || undefined} spellCheck={false} value={body} onChange={(event) => setBody(event.target.value)} className="h-40 w-full resize-y rounded-control border border-line-strong bg-code px-3 py-2 font-mono text-12 leading-[1.6] font-normal focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)] aria-invalid:border-bad" />
            {fault ? <span role="status" className="font-normal text-bad">{fault}</span> : null}
          </label>
        ) : null}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look={operation.method === "DELETE" ? "danger" : "primary"} disabled={missing.length > 0 || !!fault || send.isPending}><Send aria-hidden />{send.isPending ? "Sending" : `Send ${operation.method}`}</Button>
          {missing.length > 0 ? <span className="text-12 text-fg-3">Fill in {missing.join(", ")} first.</span> : <code className="min-w-0 truncate text-fg-2">{path}</code>}
        </div>
        {send.error ? <Note tone="bad" role="alert" title="No answer"><Reason problem={send.error} /></Note> : null}
        {answer ? <Code title={`Answer ${answer.status}`} note={milliseconds(answer.ms)} code={answer.text} shown={pretty(answer.text)} language="json" wrap className="max-h-[420px] overflow-y-auto" /> : null}
        <CodeTabs label="The same call" snippets={plainCall({ origin: window.location.origin, key: who !== undefined && who.kind !== "ANONYMOUS" }, operation.method, missing.length > 0 ? operation.path : path, { ...json, ...headers }, operation.body ? body : "")} />
      </form>
    </Panel>
  );
}

function pretty(text: string): string {
  if (!text) return "(no body)";
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, shownMost);
  } catch {
    return text.slice(0, shownMost);
  }
}
