// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import * as work from "../../api/work.ts";
import type { ItemState, QueueItem } from "../../api/types.ts";
import { Confirm } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";
import { ItemDialog } from "./item.tsx";

const route = getRouteApi("/queues/$queue");
const states: [ItemState | "", string][] = [["", "All"], ["WAITING", "Waiting"], ["RUNNING", "Running"], ["DELAYED", "Later"], ["DEAD", "Failed for good"], ["DONE", "Done"]];

export function QueuePage() {
  const { queue } = route.useParams();
  const { state: asked = "", item } = route.useSearch();
  const navigate = route.useNavigate();
  const state = states.find(([value]) => value === asked)?.[0] ?? "";
  const list = useInfiniteQuery(work.items(queue, state));
  const open = (id: number | undefined) => void navigate({ search: (old) => ({ ...old, item: id === undefined ? undefined : String(id) }), replace: id === undefined, resetScroll: false });
  return (
    <>
      <PageHead title={<span className="wrap-anywhere">{queue}</span>} note="queue"><OfDead queue={queue} /></PageHead>
      <div className="mb-3 overflow-x-auto relative">
        <Segments label="State" value={state} onChange={(next) => void navigate({ search: { state: next || undefined }, replace: true })} options={states.map(([value, label]) => ({ value, label }))} />
      </div>
      <Loaded query={list} what={`the items of ${queue}`}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">{state ? "No item is in this state now." : "Nothing is in this queue now."}</p>;
          return (
            <>
              <Items items={items} open={(one) => open(one.id)} />
              {list.hasNextPage ? <div className="mt-3 text-center"><Button small disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Older items</Button></div> : null}
            </>
          );
        }}
      </Loaded>
      {item && /^\d+$/.test(item) ? <ItemDialog queue={queue} id={Number(item)} onClose={() => open(undefined)} /> : null}
    </>
  );
}

function Items({ items, open }: { items: QueueItem[]; open: (item: QueueItem) => void }) {
  return (
    <Table
      label="Items"
      rows={items}
      keyOf={(item) => item.id}
      open={open}
      columns={[
        { name: "Item", cell: (item) => <button type="button" tabIndex={-1} className="num font-medium" onClick={() => open(item)}>{item.id}</button> },
        { name: "State", cell: (item) => <State of="work" state={item.state} /> },
        { name: "What", side: "main", cell: (item) => <TwoLines title={item.error ? <span className="font-normal text-bad">{item.error}</span> : <code className="font-normal">{short(item.payload)}</code>} note={[item.namespace, item.key].filter(Boolean).join(" · ")} /> },
        { name: "Attempts", side: "right", from: "phone", cell: (item) => item.attempts },
        { name: "Changed", side: "right", from: "phone", cell: (item) => <When time={item.update_time} className="text-fg-2" /> },
      ]}
    />
  );
}

function short(payload: unknown): string {
  const text = JSON.stringify(payload) ?? "";
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** What failed for good, all at once. */
function OfDead({ queue }: { queue: string }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const again = () => void client.invalidateQueries({ queryKey: ["work"] });
  const retry = useMutation({
    mutationFn: () => work.retryDead(queue),
    onSuccess: (amount) => (again(), toast.done(amount === 0 ? "Nothing had failed for good" : `${plural(amount, "item")} will be tried again`)),
    onError: (cause) => toast.failed("Nothing was tried again", cause.message),
  });
  const drop = useMutation({ mutationFn: () => work.dropDead(queue), onSuccess: (amount) => (again(), setAsking(false), toast.done(`${plural(amount, "item")} forgotten`)) });
  const dead = useInfiniteQuery(work.items(queue, "DEAD")).data?.pages[0]?.items.length ?? 0;
  if (dead === 0 && !asking) return null;
  return (
    <>
      <Button disabled={retry.isPending} onClick={() => retry.mutate()}><RotateCcw aria-hidden />Try all failed again</Button>
      <Button look="danger" onClick={() => setAsking(true)}><Trash2 aria-hidden />Forget them</Button>
      {asking ? (
        <Confirm title={`Forget what failed in ${queue}?`} action="Forget them" keep="Keep them" failed="They are still there" doing={drop} onDo={() => drop.mutate()} onClose={() => setAsking(false)}>
          <p>All items that failed for good go, with their payloads and errors. What they should have done is not done. This cannot be undone.</p>
        </Confirm>
      ) : null}
    </>
  );
}
