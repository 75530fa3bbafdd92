// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { changeModel } from "../../api/actions.ts";
import { Problem } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import type { Model, Version } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import { diffLines } from "../../logic/diff.ts";
import { Button } from "../../ui/button.tsx";
import { Difference } from "../../ui/drawn/difference.tsx";
import { Segments } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.ts";

const Markdown = lazy(() => import("./markdown.tsx"));
type View = "write" | "preview" | "changes";

/** Writes the model's card. Who saves after somebody else is shown both texts and loses none. */
export default function CardEditor({ model, version, start, onClose }: { model: Model; version: Version; start: string; onClose: (saved: boolean) => void }) {
  const [text, setText] = useState(start);
  const [view, setView] = useState<View>("write");
  // What the text was written against: a save with another etag is refused by the server.
  const [base, setBase] = useState({ etag: model.etag, readme: model.readme });
  const client = useQueryClient();
  const { namespace, slug } = model;
  const save = useMutation({
    mutationFn: () => changeModel(namespace, slug, { readme: text }, base.etag),
    onSuccess: (made) => {
      client.setQueryData(queries.model(namespace, slug).queryKey, made);
      const before = base.readme;
      toast.done("Model card saved", () => void changeModel(namespace, slug, { readme: before }, made.etag).catch((cause: Error) => toast.failed("The card was not put back", cause.message)));
      onClose(true);
    },
  });
  const stale = save.error instanceof Problem && save.error.status === 412;
  const newest = model.etag !== base.etag ? model : undefined;
  const changes = view === "changes" ? diffLines(base.readme, text) : undefined;
  return (
    <Panel aria-label="Model card">
      <PanelHead title="Edit the card" note="Markdown">
        <Segments<View> label="View" value={view} onChange={setView} options={[{ value: "write", label: "Write" }, { value: "preview", label: "Preview" }, { value: "changes", label: "Changes" }]} />
      </PanelHead>
      <form
        className="grid gap-3 p-4"
        onSubmit={(event) => (event.preventDefault(), save.mutate())}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          save.mutate();
        }}
      >
        {view === "write" ? (
          <textarea aria-label="Model card, Markdown" autoFocus value={text} onChange={(event) => setText(event.target.value)} className="h-[420px] w-full resize-y rounded-panel border border-line-strong bg-code px-3 py-2.5 font-mono text-12 leading-[1.6] focus-visible:border-accent focus-visible:shadow-[0_0_0_1px_var(--accent)]" />
        ) : view === "preview" ? (
          <Suspense><div className="min-h-40">{text.trim() ? <Markdown text={text} model={model} version={version} /> : <p className="text-fg-3">Nothing written yet.</p>}</div></Suspense>
        ) : changes ? <Difference lines={changes} /> : <p className="text-fg-2">Too different to be shown.</p>}
        {stale ? (
          <Note
            tone="warn"
            role="alert"
            title="Somebody changed the model while you wrote"
            actions={<>
              <Button small disabled={!newest} onClick={() => (setBase({ etag: model.etag, readme: model.readme }), save.reset(), setView("changes"))}>Keep mine, show what differs</Button>
              <Button small disabled={!newest} onClick={() => (setText(model.readme), setBase({ etag: model.etag, readme: model.readme }), save.reset())}>Take theirs</Button>
            </>}
          >
            Your text is still here. Nothing was saved.
          </Note>
        ) : save.error ? <Note tone="bad" role="alert" title="The card was not saved"><Reason problem={save.error} /></Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => onClose(false)}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || text === base.readme}>{save.isPending ? "Saving" : "Save"}</Button>
        </div>
      </form>
    </Panel>
  );
}
