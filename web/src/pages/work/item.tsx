// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, RotateCcw, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import * as work from "../../api/work.ts";
import type { QueueItem } from "../../api/types.ts";
import { Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { exact } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { Note } from "../../ui/note.tsx";
import { KeyValue } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";

export function ItemDialog({ queue, id, onClose }: { queue: string; id: number; onClose: () => void }) {
  const query = useQuery(work.item(queue, id));
  return (
    <Dialog open wide title={`Item ${id} of ${queue}`} onClose={onClose}>
      <DialogBody>
        <Loaded query={query} what={`item ${id}`} gone={<p className="text-fg-2">It is done or forgotten: the queue no longer has it.</p>}>
          {(item) => <Item item={item} onClose={onClose} />}
        </Loaded>
      </DialogBody>
    </Dialog>
  );
}

function Item({ item, onClose }: { item: QueueItem; onClose: () => void }) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["work"] });
  const act = useMutation({
    mutationFn: async (run: "retry" | "cancel" | "drop"): Promise<void> => {
      if (run === "retry") await work.retryItem(item.queue, item.id);
      else if (run === "cancel") await work.cancelItem(item.queue, item.id);
      else await work.dropItem(item.queue, item.id);
    },
    onSuccess: (_, run) => {
      void again();
      if (run === "drop") onClose();
    },
  });
  const rows: [string, ReactNode][] = [
    ["State", <State key="s" of="work" state={item.state} note={item.due_time ? `due ${exact(item.due_time)}` : undefined} />],
    ...(item.namespace ? [["Namespace", item.namespace] as [string, ReactNode]] : []),
    ...(item.key ? [["Key", <code key="k" className="wrap-anywhere">{item.key}</code>] as [string, ReactNode]] : []),
    ["Attempts", item.attempts],
    ["Priority", item.priority],
    ["Queued", <When key="q" time={item.create_time} />],
    ["Changed", <When key="c" time={item.update_time} />],
    ...(item.deadline ? [["Deadline", exact(item.deadline)] as [string, ReactNode]] : []),
  ];
  const open = item.state === "WAITING" || item.state === "RUNNING" || item.state === "DELAYED";
  return (
    <>
      {item.error ? <Note tone={item.state === "DEAD" ? "bad" : "warn"} title={item.state === "DEAD" ? "Failed for good" : "The last try failed"}>{item.error}</Note> : null}
      <KeyValue rows={rows} />
      <Json title="Payload" value={item.payload} />
      <Json title="Checkpoint" value={item.checkpoint} />
      <Refused title="Nothing was changed" error={act.error} />
      <DialogActions>
        {item.state === "DEAD" ? <Button look="danger" disabled={act.isPending} onClick={() => act.mutate("drop")}><Trash2 aria-hidden />Forget it</Button> : null}
        {open ? <Button look="danger" disabled={act.isPending} onClick={() => act.mutate("cancel")}><Ban aria-hidden />Cancel it</Button> : null}
        {item.state === "DEAD" ? <Button look="primary" disabled={act.isPending} onClick={() => act.mutate("retry")}><RotateCcw aria-hidden />Try again</Button> : <Button onClick={onClose}>Close</Button>}
      </DialogActions>
    </>
  );
}

function Json({ title, value }: { title: string; value: unknown }) {
  if (value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0)) return null;
  return <Code title={title} language="json" code={JSON.stringify(value, null, 2)} className="[&_pre]:max-h-64 [&_pre]:overflow-y-auto" />;
}
