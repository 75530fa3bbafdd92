// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Model, Version } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { bytes } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const Markdown = lazy(() => import("./markdown.tsx"));
const CardEditor = lazy(() => import("./card-editor.tsx"));

const limit = 1 << 20;
type Source = "model" | "version";

/** The model's card, which is edited here; where it has none, the README.md that came with the version. */
export function Card({ model, version }: { model: Model; version: Version }) {
  const list = useQuery({ ...queries.files(model.namespace, model.slug, version.number), enabled: version.sealed });
  const file = list.data?.find((one) => /^readme\.md$/i.test(one.path));
  const text = useQuery({ ...queries.fileText(model.namespace, model.slug, version.number, file?.path ?? "", file?.digest ?? ""), enabled: file !== undefined && file.size_bytes <= limit });
  const [wanted, setWanted] = useState<Source>();
  const [editing, setEditing] = useState(false);
  const source: Source = wanted ?? (model.readme ? "model" : "version");
  const markdown = source === "model" ? model.readme : text.data;
  if (editing) return <Suspense fallback={<Bone className="late h-64 rounded-panel" />}><CardEditor model={model} version={version} start={model.readme || (text.data ?? "")} onClose={(saved) => (setEditing(false), saved && setWanted("model"))} /></Suspense>;
  return (
    <Panel aria-label="Model card">
      <PanelHead title="Model card" note={source === "version" && file ? `${file.path} of v${version.number}, ${bytes(file.size_bytes)}` : model.readme ? "of the model" : undefined}>
        {model.readme && file ? <Segments<Source> label="Which card" value={source} onChange={setWanted} options={[{ value: "model", label: "Model" }, { value: "version", label: `v${version.number}` }]} /> : null}
        <Button small disabled={list.isLoading || text.isLoading} onClick={() => setEditing(true)}><Pencil aria-hidden />{model.readme || file ? "Edit" : "Write one"}</Button>
      </PanelHead>
      <div className="px-4 pt-3.5 pb-4">
        {source === "version" && text.error ? (
          <Failure what="the card" problem={text.error} retry={() => void text.refetch()} />
        ) : markdown ? (
          <Suspense fallback={<Bone className="late w-64" />}><Markdown text={markdown.replace(/^---\n[\s\S]*?\n---\n/, "")} model={model} version={version} /></Suspense>
        ) : list.isLoading || text.isLoading ? (
          <div className="late grid gap-2.5"><Bone className="w-3/4" /><Bone className="w-2/3" /><Bone className="w-1/2" /></div>
        ) : (
          <p className="text-fg-2">{file ? `${file.path} is ${bytes(file.size_bytes)}: too large to show here.` : <>No card yet. Say what the model is for, what it is not for, and what it was trained on; or push a <code>README.md</code> beside it.</>}</p>
        )}
      </div>
    </Panel>
  );
}
