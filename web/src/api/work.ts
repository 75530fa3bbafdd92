// SPDX-License-Identifier: Apache-2.0
//
// Durable work, as operators see it. Items make no events (there may be thousands a second) but what an operator does with
// them, so what is shown of them is measured anew while somebody looks, as the figures of deployments are.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { type Page, withPage } from "./queries.ts";
import type { ItemState, Lease, Queue, QueueItem, Schedule, WorkNode } from "./types.ts";

/** How often the figures of work are measured while a page shows them. */
export const measured = { refetchInterval: 2000, refetchOnMount: "always", refetchOnWindowFocus: "always" } as const;

export const queues = queryOptions({ queryKey: ["work", "queues"], queryFn: async ({ signal }) => (await callJson<{ queues: Queue[] }>(at("/api/v1/queues", {}), { signal })).queues, ...measured });
export const schedules = queryOptions({ queryKey: ["work", "schedules"], queryFn: async ({ signal }) => (await callJson<{ schedules: Schedule[] }>(at("/api/v1/schedules", {}), { signal })).schedules, ...measured });
export const nodes = queryOptions({ queryKey: ["work", "nodes"], queryFn: async ({ signal }) => (await callJson<{ nodes: WorkNode[] }>(at("/api/v1/nodes", {}), { signal })).nodes, ...measured });
export const leases = queryOptions({ queryKey: ["work", "leases"], queryFn: async ({ signal }) => (await callJson<{ leases: Lease[] }>(at("/api/v1/leases", {}), { signal })).leases, ...measured });
/** The newest first. */
export const items = (queue: string, state: ItemState | "") =>
  infiniteQueryOptions({
    queryKey: ["work", "items", queue, state],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Page & { items: QueueItem[] }>(withPage(at("/api/v1/queues/{queue}/items", { queue }), { filter: state ? `state = '${state}'` : undefined, order_by: "id desc", page_size: "100", page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
    ...measured,
  });
export const item = (queue: string, id: number) => queryOptions({ queryKey: ["work", "item", queue, id], queryFn: ({ signal }) => callJson<QueueItem>(at("/api/v1/queues/{queue}/items/{item}", { queue, item: id }), { signal }), ...measured });

const post = async (path: string): Promise<number> => (await callJson<{ count?: number } | undefined>(path, { method: "POST" }))?.count ?? 1;
export const retryItem = (queue: string, id: number) => post(at("/api/v1/queues/{queue}/items/{item}:retry", { queue, item: id }));
export const cancelItem = (queue: string, id: number) => post(at("/api/v1/queues/{queue}/items/{item}:cancel", { queue, item: id }));
export const dropItem = async (queue: string, id: number): Promise<void> => void (await call(at("/api/v1/queues/{queue}/items/{item}", { queue, item: id }), { method: "DELETE" }));
export const retryDead = (queue: string) => post(at("/api/v1/queues/{queue}:retry", { queue }));
export const dropDead = (queue: string) => post(at("/api/v1/queues/{queue}:drop", { queue }));
