// SPDX-License-Identifier: Apache-2.0
import { CircleCheck, CirclePause } from "lucide-react";
import type { FileProgress, Progress } from "../../api/upload.ts";
import { bytes } from "../../logic/format.ts";

export function UploadProgress({ progress }: { progress: Progress }) {
  return (
    <div className="grid max-h-56 gap-2.5 overflow-y-auto" role="status" aria-label="Progress">
      {progress.files.map((file) => <FileBar key={file.path} file={file} />)}
      {progress.stage === "sealing" ? <p className="text-12 text-fg-2">All bytes are there. souk loads the model once to read its signature.</p> : null}
    </div>
  );
}

function FileBar({ file }: { file: FileProgress }) {
  const done = file.state === "stored" || file.state === "known";
  const share = done ? 1 : file.size === 0 ? 0 : file.state === "hashing" ? file.hashed / file.size : file.sent / file.size;
  return (
    <div>
      <div className="flex items-baseline gap-3 text-12">
        <span className="truncate font-mono">{file.path}</span>
        <span className="num ml-auto whitespace-nowrap text-fg-2">
          {done ? <span className="inline-flex items-center gap-1"><CircleCheck aria-hidden size={13} className="text-ok" />{file.state === "known" ? "already here, nothing was sent" : file.resumed ? `Stored, went on from ${bytes(file.resumed)}` : "Stored"}</span>
          : file.state === "hashing" ? `reading, ${bytes(file.hashed)} of ${bytes(file.size)}`
          : file.state === "waiting" ? <span className="inline-flex items-center gap-1 text-warn"><CirclePause aria-hidden size={13} />Connection lost, goes on from {bytes(file.sent)}</span>
          : file.state === "queued" ? bytes(file.size)
          : `${bytes(file.sent)} of ${bytes(file.size)}${file.resumed ? `, went on from ${bytes(file.resumed)}` : ""}`}
        </span>
      </div>
      <div className="mt-1 h-[5px] overflow-hidden rounded-[3px] bg-line">
        <i className={`block h-full ${file.state === "waiting" ? "bg-warn" : file.state === "hashing" ? "bg-accent-line" : "bg-accent"}`} style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
