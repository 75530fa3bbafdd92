// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { changeDeployment } from "../../api/actions.ts";
import type { Deployment } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { durationOf, durationText } from "../../logic/strategy.ts";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toast.ts";

/** After how long without a request it is unloaded, room or not. */
export default function SleepDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { namespace, slug, capacity } = deployment;
  const before = capacity.scale_to_zero_after_ms ?? null;
  const [text, setText] = useState(before === null ? "" : durationText(before));
  const ms = text.trim() ? durationOf(text) : null;
  const set = (after: number | null) => changeDeployment(namespace, slug, { capacity: { scale_to_zero_after_ms: after } });
  const put = useMutation({
    mutationFn: () => set(ms ?? null),
    onSuccess: () => {
      toast.done(ms ? `${slug} sleeps after ${durationText(ms)} without a request` : `${slug} sleeps only to make room`, () => void set(before).catch((cause: Error) => toast.failed(`${slug} was not changed`, cause.message)));
      onClose();
    },
  });
  return (
    <FormDialog title={`When ${slug} sleeps`} action="Set" failed={`${slug} was not changed`} doing={put} disabled={ms === undefined} onDo={() => put.mutate()} onClose={onClose}>
      <p className="text-fg-2">Asleep it takes no memory and still answers: the first request waits for the load.</p>
      <TextField label="After how long without a request" placeholder="never, unless others need room" hint="Such as 15m or 2h; empty: never" value={text} error={ms === undefined ? "A duration, such as 90s, 15m or 2h" : undefined} onChange={(event) => setText(event.target.value)} />
    </FormDialog>
  );
}
