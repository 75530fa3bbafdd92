// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, Download } from "lucide-react";
import { session } from "../../api/session.ts";
import { call } from "../../api/client.ts";
import { cancelTransfer, goesOn } from "../../api/transfers.ts";
import type { Transfer } from "../../api/types.ts";
import { bytes, plural } from "../../logic/format.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Digest } from "../../ui/copy.tsx";
import { Progress } from "../../ui/progress.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";

const phases: Record<NonNullable<Transfer["phase"]>, string> = { READ: "reading what is there", UNPACK: "unpacking", CHECK: "comparing with what is here", APPLY: "writing" };

export function Jobs({ jobs, none }: { jobs: Transfer[]; none: string }) {
  if (jobs.length === 0) return <p className="px-4 py-4 text-fg-2">{none}</p>;
  return <ul>{jobs.map((job) => <Job key={job.id} job={job} />)}</ul>;
}

function Job({ job }: { job: Transfer }) {
  const client = useQueryClient();
  const cancel = useMutation({ mutationFn: () => cancelTransfer(job), onSuccess: () => void client.invalidateQueries({ queryKey: ["transfers", job.namespace] }), onError: (cause) => toast.failed("It was not cancelled", cause.message) });
  const open = goesOn(job);
  return (
    <li data-job={job.id} className="grid gap-1.5 border-t border-line px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <State of="work" state={job.state} note={open && job.phase ? phases[job.phase] : undefined} />
        <span className="num text-12 text-fg-3">{said(job)}</span>
        <span className="ml-auto flex items-center gap-2">
          <When time={job.create_time} className="text-12 text-fg-3" />
          {open ? <Button small disabled={cancel.isPending} onClick={() => cancel.mutate()}><Ban aria-hidden />Cancel</Button> : null}
          {job.state === "SUCCEEDED" && job.download ? <DownloadButton job={job} /> : null}
        </span>
      </div>
      {open ? <Progress label={`${job.kind === "EXPORT" ? "Export" : "Import"} ${job.id}`} value={job.total_bytes ? job.done_bytes / job.total_bytes : undefined} /> : null}
      {job.error ? <p className="text-12 wrap-anywhere text-bad">{job.error}</p> : null}
      {job.archive && !open ? <p className="flex flex-wrap items-center gap-x-3 text-12 text-fg-3"><Digest digest={job.archive} />{job.source && job.kind === "IMPORT" ? <span>of {job.source}</span> : null}<span>by {job.author}</span></p> : null}
    </li>
  );
}

function said(job: Transfer): string {
  const amount = job.total_bytes ? `${bytes(job.done_bytes)} of ${bytes(job.total_bytes)}` : job.done_bytes ? bytes(job.done_bytes) : "";
  const parts = [
    goesOn(job) ? amount : job.total_bytes ? bytes(job.total_bytes) : "",
    job.objects ? `${plural(job.objects, "object")}${job.kind === "IMPORT" ? " made" : ""}` : "",
    job.unchanged ? `${job.unchanged} the same already` : "",
    job.skipped ? `${job.skipped} left as they are` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** By the browser, which can go on after a break; where a key must go along, through the page. */
function DownloadButton({ job }: { job: Transfer }) {
  const name = `${job.namespace}.souk.tar.zst`;
  const fetchIt = useMutation({
    mutationFn: async () => {
      const url = URL.createObjectURL(await (await call(job.download!)).blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    onError: (cause) => toast.failed("It was not downloaded", cause.message),
  });
  if (session.key()) return <Button small disabled={fetchIt.isPending} onClick={() => fetchIt.mutate()}><Download aria-hidden />{fetchIt.isPending ? "Downloading" : "Download"}</Button>;
  return <a className={buttonClass({ small: true })} href={job.download} download={name}><Download aria-hidden />Download</a>;
}
