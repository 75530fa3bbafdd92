// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import * as queries from "../../api/queries.ts";
import { push, type Progress } from "../../api/upload.ts";
import { Reason } from "../../app/loaded.tsx";
import { bytes, plural } from "../../logic/format.ts";
import { byPath, modelName, strip, validName } from "../../logic/packing.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { takeChosen, takeDropped, type TakenFile } from "../../ui/capture/drop.ts";
import { TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { UploadProgress } from "./upload-progress.tsx";

/** `model` set: a new version of it; else a new model, named after the files. */
export default function UploadDialog({ namespace, model, files: first, onClose }: { namespace: string; model?: string; files?: TakenFile[] | undefined; onClose: () => void }) {
  const [files, setFiles] = useState<TakenFile[]>(first ?? []);
  const [typedName, setTypedName] = useState<string>();
  const [typedNs, setTypedNs] = useState<string>();
  const [tag, setTag] = useState("");
  const [progress, setProgress] = useState<Progress>();
  const abort = useRef<AbortController>(undefined);
  const navigate = useNavigate();
  const who = useQuery(queries.whoami).data;
  const ns = typedNs ?? (namespace || who?.default_namespace || "default");
  const name = model ?? typedName ?? modelName(files.map((file) => file.path));
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  const empty = files.filter(({ file }) => file.size === 0).length;

  useEffect(() => () => abort.current?.abort(), []);

  const upload = useMutation({
    mutationFn: async () => {
      abort.current = new AbortController();
      return push(ns, name, tag.trim() || "latest", strip(files).sort(byPath), setProgress, abort.current.signal);
    },
    onSuccess: () => void navigate({ to: "/models/$namespace/$model", params: { namespace: ns, model: name } }),
  });
  const busy = upload.isPending;
  const take = (more: TakenFile[]) => {
    upload.reset();
    setProgress(undefined);
    if (more.length > 0) setFiles(more);
  };
  const close = () => {
    abort.current?.abort();
    onClose();
  };
  const nameError = name && !validName(name) ? "Small letters, digits and single . _ - between them, at most 128" : undefined;
  const tagError = tag && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag) ? "Letters, digits and . _ -, at most 128" : undefined;

  return (
    <Dialog open title={model ? `New version of ${model}` : "New model"} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (files.length > 0 && name && !nameError && !tagError && !busy) upload.mutate();
        }}
      >
        <DialogBody>
          <DropZone disabled={busy} onTake={take} said={files.length > 0 ? `${plural(files.length, "file")}, ${bytes(size)}` : ""} />
          {progress && (busy || upload.error) ? (
            <UploadProgress progress={progress} />
          ) : files.length > 0 ? (
            <ul className="max-h-32 overflow-y-auto rounded-control border border-line" aria-label="Chosen files" tabIndex={0}>
              {strip(files).slice(0, 200).map(({ path, file }) => (
                <li key={path} className="flex h-[30px] items-center gap-3 border-t border-line px-3 text-12 first:border-t-0"><span className="truncate font-mono">{path}</span><span className="num ml-auto whitespace-nowrap text-fg-2">{bytes(file.size)}</span></li>
              ))}
            </ul>
          ) : null}
          {empty > 0 ? <Note tone="warn" title={`${plural(empty, "file")} of 0 bytes`}>Empty files are pushed as they are. Was a download cut off?</Note> : null}
          <div className={model ? "grid gap-3" : "grid grid-cols-2 gap-3"}>
            {model ? null : <TextField label="Namespace" value={ns} disabled={busy} onChange={(event) => setTypedNs(event.target.value)} error={validName(ns) ? undefined : "Small letters, digits and - between them"} />}
            {model ? null : <TextField label="Model" value={name} disabled={busy} onChange={(event) => setTypedName(event.target.value)} error={nameError} placeholder="my-model" />}
          </div>
          <TextField label="Version name" value={tag} disabled={busy} placeholder="the next number" onChange={(event) => setTag(event.target.value)} error={tagError} hint="Left empty, the version gets the next number. Once sealed, its bytes never change." />
          {upload.error ? <Note tone="bad" role="alert" title="The version was not made"><Reason problem={upload.error} /></Note> : null}
          <DialogActions>
            <Button onClick={close}>{busy ? "Stop" : "Cancel"}</Button>
            <Button type="submit" look="primary" disabled={busy || files.length === 0 || !name || !!nameError || !!tagError}><Upload aria-hidden />{busy ? "Pushing" : upload.error ? "Push again" : "Push"}</Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}

function DropZone({ onTake, disabled, said }: { onTake: (files: TakenFile[]) => void; disabled: boolean; said: string }) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  return (
    <div
      data-drop
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) void takeDropped(event.dataTransfer).then(onTake);
      }}
      className={`grid justify-items-center gap-1 rounded-panel border border-dashed px-4 py-5 text-center ${over ? "border-accent bg-accent-soft" : "border-line-field"}`}
    >
      <Upload aria-hidden size={18} className="mb-1 text-fg-3" />
      <p>{said || "Drop a model file or a folder here"}</p>
      <p className="text-12 text-fg-3">{said ? "Drop others to replace them" : "What souk has already is not sent again"}</p>
      <div className="mt-2 flex gap-2">
        <Button small disabled={disabled} onClick={() => files.current?.click()}>Choose files</Button>
        <Button small disabled={disabled} onClick={() => folder.current?.click()}>Choose a folder</Button>
      </div>
      <input ref={files} type="file" multiple hidden aria-label="Files" onChange={(event) => (onTake(takeChosen(event.target.files)), (event.target.value = ""))} />
      <input ref={(node) => (node?.setAttribute("webkitdirectory", ""), void (folder.current = node))} type="file" hidden aria-label="Folder" onChange={(event) => (onTake(takeChosen(event.target.files)), (event.target.value = ""))} />
    </div>
  );
}
