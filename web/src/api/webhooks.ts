// SPDX-License-Identifier: Apache-2.0
//
// Webhooks of namespaces. What is done with them makes events; deliveries make none: the stream says when there are more.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { type Page, withPage } from "./queries.ts";
import type { Delivery, DeliveryState, NewWebhook, Webhook } from "./types.ts";

const one = "/api/v1/namespaces/{ns}/webhooks/{webhook}";
const meta = (ns: string, name: string) => ({ figures: `webhook:${ns}/${name}` });

export const webhooks = (ns: string) => queryOptions({ queryKey: ["webhooks", ns], queryFn: async ({ signal }) => (await callJson<{ webhooks: Webhook[] }>(at("/api/v1/namespaces/{ns}/webhooks", { ns }), { signal })).webhooks });
export const webhook = (ns: string, name: string) => queryOptions({ queryKey: ["webhook", ns, name, "self"], queryFn: ({ signal }) => callJson<Webhook>(at(one, { ns, webhook: name }), { signal }), meta: meta(ns, name) });
export const deliveries = (ns: string, name: string, state: DeliveryState | "") =>
  infiniteQueryOptions({
    queryKey: ["webhook", ns, name, "deliveries", state],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => callJson<Page & { deliveries: Delivery[] }>(withPage(at(`${one}/deliveries`, { ns, webhook: name }), { filter: state ? `state = '${state}'` : undefined, page_size: "50", page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
    meta: meta(ns, name),
  });
/** With its body. */
export const delivery = (ns: string, name: string, id: number) => queryOptions({ queryKey: ["webhook", ns, name, "delivery", id], queryFn: ({ signal }) => callJson<Delivery>(at(`${one}/deliveries/{delivery}`, { ns, webhook: name, delivery: id }), { signal }), meta: meta(ns, name) });

export const addWebhook = (ns: string, body: NewWebhook) => callJson<Webhook>(at("/api/v1/namespaces/{ns}/webhooks", { ns }), { method: "POST", json: body });
export const changeWebhook = (ns: string, name: string, body: { url?: string; description?: string; events?: string[]; active?: boolean }) => callJson<Webhook>(at(one, { ns, webhook: name }), { method: "PATCH", json: body, headers: { "Content-Type": "application/merge-patch+json" } });
export const removeWebhook = async (ns: string, name: string): Promise<void> => void (await call(at(one, { ns, webhook: name }), { method: "DELETE" }));
export const rotateSecret = (ns: string, name: string, overlap: string) => callJson<Webhook>(at(`${one}:rotate`, { ns, webhook: name }), { method: "POST", json: { overlap } });
export const testWebhook = async (ns: string, name: string): Promise<void> => void (await call(at(`${one}:test`, { ns, webhook: name }), { method: "POST" }));
export const replay = async (ns: string, name: string, from: { since: string } | { delivery: number }): Promise<void> => void (await call(at(`${one}:replay`, { ns, webhook: name }), { method: "POST", json: from }));
export const redeliver = async (ns: string, name: string, id: number): Promise<void> => void (await call(at(`${one}/deliveries/{delivery}:redeliver`, { ns, webhook: name, delivery: id }), { method: "POST" }));
