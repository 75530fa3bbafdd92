// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, RotateCcw, Send } from "lucide-react";
import { Fragment } from "react";
import type { Delivery, DeliveryState, Webhook } from "../../api/types.ts";
import * as reads from "../../api/webhooks.ts";
import { Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { exact, milliseconds } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Segments } from "../../ui/field.tsx";
import { KeyValue, Panel, PanelHead } from "../../ui/panel.tsx";
import { When } from "../../ui/time.tsx";
import { DeliveryMark } from "./state.tsx";

const route = getRouteApi("/webhooks/$namespace/$webhook");
const states: [DeliveryState | "", string][] = [["", "All"], ["PENDING", "To be sent"], ["DELIVERED", "Delivered"], ["FAILED", "Given up"]];

/** What was, or is to be, told; the latest first. */
export function Deliveries({ hook }: { hook: Webhook }) {
  const { state: wanted, delivery: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const state = states.find(([value]) => value === wanted)?.[0] ?? "";
  const list = useInfiniteQuery(reads.deliveries(hook.namespace, hook.name, state));
  const set = (change: { state?: string | undefined; delivery?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  return (
    <Panel aria-label="Deliveries">
      <PanelHead title="Deliveries"><Segments label="Which deliveries" value={state} onChange={(next) => set({ state: next || undefined })} options={states.map(([value, label]) => ({ value, label }))} /></PanelHead>
      <Loaded query={list} what="the deliveries">
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.deliveries);
          if (rows.length === 0) return <p className="px-4 py-6 text-center text-fg-2">{state ? "None is in this state." : "Nothing happened yet that it wants to know. Send a test."}</p>;
          return (
            <div className="relative overflow-x-auto">
              <table aria-label="Deliveries" className="whitespace-nowrap">
                <thead><tr><th>Event</th><th>State</th><th className="text-right!">Answer</th><th className="text-right! max-phone:hidden">Attempts</th><th className="text-right! max-phone:hidden">Took</th><th className="text-right!">When</th></tr></thead>
                <tbody>
                  {rows.map((one) => {
                    const is = opened === String(one.id);
                    return (
                      <Fragment key={one.id}>
                        <tr className="[&>td]:h-10">
                          <td className="w-full max-w-0 min-w-44"><button type="button" aria-expanded={is} onClick={() => set({ delivery: is ? undefined : String(one.id) })} className="flex max-w-full items-center gap-1.5 hover:underline">{is ? <ChevronDown aria-hidden size={14} /> : <ChevronRight aria-hidden size={14} />}<b className="font-medium">{one.type}</b><span className="truncate text-12 text-fg-3">{one.object}{one.redelivery_of ? `, again of ${one.redelivery_of}` : ""}</span></button></td>
                          <td><DeliveryMark state={one.state} /></td>
                          <td className="num text-right">{one.response_code ? <span className={one.response_code >= 300 ? "text-bad" : undefined}>{one.response_code}</span> : one.error ? <span className="text-bad">none</span> : "–"}</td>
                          <td className="num text-right max-phone:hidden">{one.attempts}</td>
                          <td className="num text-right text-fg-2 max-phone:hidden">{one.duration_ms === undefined ? "" : milliseconds(one.duration_ms)}</td>
                          <td className="text-right text-fg-2"><When time={one.update_time} /></td>
                        </tr>
                        {is ? <tr><td colSpan={6} className="p-0! whitespace-normal"><Detail hook={hook} id={one.id} /></td></tr> : null}
                      </Fragment>
                    );
                  })}
                </tbody>
              </table>
              {list.hasNextPage ? <div className="border-t border-line py-2 text-center"><Button small disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Older</Button></div> : null}
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Detail({ hook, id }: { hook: Webhook; id: number }) {
  const query = useQuery(reads.delivery(hook.namespace, hook.name, id));
  const client = useQueryClient();
  const done = { onSuccess: () => void client.invalidateQueries({ queryKey: ["webhook", hook.namespace, hook.name] }) };
  const again = useMutation({ mutationFn: () => reads.redeliver(hook.namespace, hook.name, id), ...done });
  const replay = useMutation({ mutationFn: () => reads.replay(hook.namespace, hook.name, { delivery: id }), ...done });
  return (
    <Loaded query={query} what={`the delivery ${id}`}>
      {(one) => (
        <div className="grid gap-3 bg-sunken/40 px-4 py-3">
          <div className="flex flex-wrap items-start gap-3">
            <div className="min-w-0 flex-1 basis-72"><KeyValue rows={facts(one)} /></div>
            <span className="flex gap-2"><Button small disabled={again.isPending} onClick={() => again.mutate()}><Send aria-hidden />Send again</Button>{one.cursor ? <Button small disabled={replay.isPending} onClick={() => replay.mutate()}><RotateCcw aria-hidden />Replay from here</Button> : null}</span>
          </div>
          <Refused title="It was not sent again" error={again.error ?? replay.error} />
          <div className="grid grid-cols-2 items-start gap-3 max-wide:grid-cols-[minmax(0,1fr)]">
            <Code title="What was sent" language="json" code={JSON.stringify(one.body, null, 2) ?? ""} className="[&_pre]:max-h-72 [&_pre]:overflow-y-auto" />
            {one.response_excerpt ? <Code title="How the answer begins" note={one.response_code} language="text" code={one.response_excerpt} wrap /> : <p className="text-fg-3">{one.error ? "No answer came." : one.state === "PENDING" ? "Not sent yet." : "The answer was empty."}</p>}
          </div>
        </div>
      )}
    </Loaded>
  );
}

function facts(one: Delivery): [string, React.ReactNode][] {
  return [
    ["Message", <code key="m" className="wrap-anywhere">{one.message_id}</code>],
    ["Happened", exact(one.create_time)],
    ...(one.next_time && one.state === "PENDING" ? [["Next try", exact(one.next_time)] as [string, string]] : []),
    ...(one.error ? [["Why", <span key="e" className="wrap-anywhere text-bad">{one.error}</span>] as [string, React.ReactNode]] : []),
  ];
}
