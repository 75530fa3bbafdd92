// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { importArchive } from "../../api/transfers.ts";
import type { FileProgress } from "../../api/upload.ts";
import { Refused } from "../../app/confirm.tsx";
import { bytes } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Progress } from "../../ui/progress.tsx";

/** Chooses an archive, uploads it and begins its import; what was uploaded already is not sent again. */
export function ImportForm({ ns }: { ns: string }) {
  const input = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const [skip, setSkip] = useState(false);
  const [row, setRow] = useState<FileProgress>();
  const [stop, setStop] = useState<AbortController>();
  const [file, setFile] = useState<File>();
  const run = useMutation({
    mutationFn: (chosen: File) => {
      const control = new AbortController();
      setStop(control);
      return importArchive(ns, chosen, skip, setRow, control.signal);
    },
    onSuccess: () => {
      setFile(undefined);
      void client.invalidateQueries({ queryKey: ["transfers", ns] });
    },
    onSettled: () => setRow(undefined),
  });
  const choose = (chosen: File | undefined) => {
    if (!chosen) return;
    setFile(chosen);
    run.mutate(chosen);
  };
  const stopped = run.error !== null && stop?.signal.aborted === true;
  return (
    <div className="grid gap-2.5 border-b border-line px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <input ref={input} type="file" aria-label="Archive" accept=".zst,.tar.zst" className="sr-only" tabIndex={-1} onChange={(event) => (choose(event.target.files?.[0]), (event.target.value = ""))} />
        <Button disabled={run.isPending} onClick={() => input.current?.click()}><Upload aria-hidden />Choose an archive</Button>
        <label className="flex items-center gap-2"><input type="checkbox" className="accent-accent" checked={skip} disabled={run.isPending} onChange={(event) => setSkip(event.target.checked)} />Leave what has the same name as it is</label>
        {run.isPending ? <Button small className="ml-auto" onClick={() => stop?.abort()}>Stop</Button> : null}
      </div>
      {row ? (
        <div className="grid gap-1">
          <p className="num text-12 text-fg-2">{row.state === "hashing" ? `Reading ${row.path}, ${bytes(row.hashed)}` : `${row.state === "waiting" ? "Waiting for souk, " : "Sending "}${row.path}, ${bytes(row.sent)}`} of {bytes(row.size)}{row.resumed ? `; ${bytes(row.resumed)} were here already` : ""}</p>
          <Progress label={`Upload of ${row.path}`} value={row.size ? (row.state === "hashing" ? row.hashed : row.sent) / row.size : undefined} />
        </div>
      ) : null}
      {run.error ? stopped ? <p className="flex items-center gap-3 text-fg-2">Stopped. What arrived is kept for a while. {file ? <Button small onClick={() => choose(file)}>Go on</Button> : null}</p> : <Refused title="It was not imported" error={run.error} /> : null}
    </div>
  );
}
