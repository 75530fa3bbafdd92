// SPDX-License-Identifier: Apache-2.0
//
// Durable work, as operators see it. Items make no events (there may be thousands a second) but what an operator does with
// them: the server measures what is shown of them while somebody looks, and tells.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { type Page, withPage } from "./queries.ts";
import type { Figure, ItemState, QueueItem } from "./types.ts";

const all = {
  queryKey: ["work", "all"],
  queryFn: async ({ signal }: { signal: AbortSignal }) => (await callJson<{ figures: Figure[] }>(withPage(at("/api/v1/figures", {}), { of: "work" }), { signal })).figures[0]!.work!,
  meta: { figures: "work", take: (old: unknown, { work }: Figure) => work ?? old },
};

export const queues = queryOptions({ ...all, select: (work) => work.queues });
export const schedules = queryOptions({ ...all, select: (work) => work.schedules });
export const nodes = queryOptions({ ...all, select: (work) => work.nodes });
export const leases = queryOptions({ ...all, select: (work) => work.leases });
/** The newest first. */
export const items = (queue: string, state: ItemState | "") =>
  infiniteQueryOptions({
    queryKey: ["work", "items", queue, state],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Page & { items: QueueItem[] }>(withPage(at("/api/v1/queues/{queue}/items", { queue }), { filter: state ? `state = '${state}'` : undefined, order_by: "id desc", page_size: "100", page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
    meta: { figures: `queue:${queue}` },
  });
export const item = (queue: string, id: number) => queryOptions({ queryKey: ["work", "item", queue, id], queryFn: ({ signal }) => callJson<QueueItem>(at("/api/v1/queues/{queue}/items/{item}", { queue, item: id }), { signal }), meta: { figures: `queue_item:${queue}/${id}` } });

const post = async (path: string): Promise<number> => (await callJson<{ count?: number } | undefined>(path, { method: "POST" }))?.count ?? 1;
export const retryItem = (queue: string, id: number) => post(at("/api/v1/queues/{queue}/items/{item}:retry", { queue, item: id }));
export const cancelItem = (queue: string, id: number) => post(at("/api/v1/queues/{queue}/items/{item}:cancel", { queue, item: id }));
export const dropItem = async (queue: string, id: number): Promise<void> => void (await call(at("/api/v1/queues/{queue}/items/{item}", { queue, item: id }), { method: "DELETE" }));
export const retryDead = (queue: string) => post(at("/api/v1/queues/{queue}:retry", { queue }));
export const dropDead = (queue: string) => post(at("/api/v1/queues/{queue}:drop", { queue }));
