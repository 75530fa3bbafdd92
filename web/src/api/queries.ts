// SPDX-License-Identifier: Apache-2.0
//
// What pages read. Keys begin with the noun that events name, so that one event drops exactly what it changes.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import type { Contract } from "../logic/openapi.ts";
import type { Alias, AliasChange, Comparison, Declaration, Deployment, LogEntry, Model, Namespace, OperatorCommand, Server, Setting, Version, VersionFile, Whoami } from "./types.ts";

export interface Page {
  next_page_token?: string;
}
const pageSize = 500;

export function withPage(path: string, parameters: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Follows every page of a list that is short by nature. */
export async function all<T>(path: string, noun: string, signal: AbortSignal, parameters: Record<string, string> = {}): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: Page & Record<string, unknown> = await callJson(withPage(path, { ...parameters, page_size: "1000", page_token: token }), { signal });
    found.push(...((page[noun] as T[] | undefined) ?? []));
    token = page.next_page_token;
  } while (token);
  return found;
}

export const server = queryOptions({ queryKey: ["server"], queryFn: ({ signal }) => callJson<Server>(at("/api/v1/server", {}), { signal }) });
export const whoami = queryOptions({ queryKey: ["whoami"], queryFn: ({ signal }) => callJson<Whoami>(at("/api/v1/whoami", {}), { signal }), staleTime: Infinity });
export const namespaces = queryOptions({ queryKey: ["namespaces"], queryFn: async ({ signal }) => (await callJson<{ namespaces: Namespace[] }>(at("/api/v1/namespaces", {}), { signal })).namespaces });

/** What the server was started with: it does not change while it runs. */
const started = { queryKey: ["settings"], queryFn: ({ signal }: { signal: AbortSignal }) => callJson<{ settings: Setting[]; operator_command: OperatorCommand }>(at("/api/v1/settings", {}), { signal }), staleTime: Infinity };
export const settings = queryOptions({ ...started, select: (all) => all.settings });
/** How souk doctor and the like are called on the server's machine. */
export const operator = queryOptions({ ...started, select: (all) => all.operator_command });

/** The contract as this server serves it. */
export const contract = queryOptions({ queryKey: ["contract"], queryFn: ({ signal }) => callJson<Contract>("/openapi.json", { signal }), staleTime: Infinity });

/** Models by last change; `ns` empty: of every visible namespace. */
export const models = (ns: string, filter = "") =>
  infiniteQueryOptions({
    queryKey: ["models", ns, filter],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Page & { models: Model[] }>(withPage(ns ? at("/api/v1/namespaces/{ns}/models", { ns }) : at("/api/v1/models", {}), { filter, order_by: "update_time desc", page_size: String(pageSize), page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
  });

const one = "/api/v1/namespaces/{ns}/models/{model}";
export const model = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["model", ns, slug, "self"], queryFn: ({ signal }) => callJson<Model>(at(one, { ns, model: slug }), { signal }) });
export const versions = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["model", ns, slug, "versions"], queryFn: ({ signal }) => all<Version>(at(`${one}/versions`, { ns, model: slug }), "versions", signal) });
export const version = (ns: string, slug: string, wanted: string) =>
  queryOptions({ queryKey: ["model", ns, slug, "version", wanted], queryFn: ({ signal }) => callJson<Version>(at(`${one}/versions/{version}`, { ns, model: slug, version: wanted }), { signal }) });
export const files = (ns: string, slug: string, number: number) =>
  queryOptions({ queryKey: ["model", ns, slug, "files", number], queryFn: async ({ signal }) => (await callJson<{ files: VersionFile[] }>(at(`${one}/versions/{version}/files`, { ns, model: slug, version: number }), { signal })).files });
/** Null where the version declares nothing. */
export const declaration = (ns: string, slug: string, number: number) =>
  queryOptions({
    queryKey: ["model", ns, slug, "declaration", number],
    queryFn: async ({ signal }) => {
      const answer = await call(at(`${one}/versions/{version}/declaration`, { ns, model: slug, version: number }), { signal, accept: [404] });
      return answer.status === 404 ? null : ((await answer.json()) as Declaration);
    },
  });
export const aliases = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["model", ns, slug, "aliases"], queryFn: async ({ signal }) => (await callJson<{ aliases: Alias[] }>(at(`${one}/aliases`, { ns, model: slug }), { signal })).aliases });
export const aliasHistory = (ns: string, slug: string, alias: string) =>
  queryOptions({ queryKey: ["model", ns, slug, "aliases", alias, "history"], queryFn: async ({ signal }) => (await callJson<{ changes: AliasChange[] }>(at(`${one}/aliases/{alias}/history`, { ns, model: slug, alias }), { signal })).changes });

/** What the server finds beside what versions say of themselves: dependencies, and what the runs that made them were given and reached. */
export const comparison = (ns: string, slug: string, numbers: readonly number[]) =>
  queryOptions({ queryKey: ["model", ns, slug, "comparison", numbers], queryFn: ({ signal }) => callJson<Comparison>(withPage(at("/api/v1/compare", {}), { of: numbers.map((number) => `${ns}/${slug}:${number}`).join(",") }), { signal }) });

export function filePath(ns: string, slug: string, number: number, path: string): string {
  return `${at(`${one}/versions/{version}/files`, { ns, model: slug, version: number })}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
/** A file's bytes. A version's files never change once it is sealed, so they are kept. */
export const fileBytes = (ns: string, slug: string, number: number, path: string, digest: string) =>
  queryOptions({ queryKey: ["bytes", digest], queryFn: async ({ signal }) => (await call(filePath(ns, slug, number, path), { signal })).blob(), staleTime: Infinity });
export const fileText = (ns: string, slug: string, number: number, path: string, digest: string) =>
  queryOptions({ queryKey: ["text", digest], queryFn: async ({ signal }) => (await call(filePath(ns, slug, number, path), { signal })).text(), staleTime: Infinity });

export const deployments = (ns: string) =>
  queryOptions({ queryKey: ["deployments", ns], queryFn: ({ signal }) => all<Deployment>(ns ? at("/api/v1/namespaces/{ns}/deployments", { ns }) : at("/api/v1/deployments", {}), "deployments", signal) });
/** With how often each was asked, as that grows: for the page that shows it. */
export const deploymentsAsked = (ns: string) => queryOptions({ ...deployments(ns), queryKey: ["deployments", ns, "asked"], meta: { figures: "deployments" } });
export const deployment = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["deployment", ns, slug, "self"], queryFn: ({ signal }) => callJson<Deployment>(at("/api/v1/namespaces/{ns}/deployments/{deployment}", { ns, deployment: slug }), { signal }) });
export const logs = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["deployment", ns, slug, "logs"], queryFn: async ({ signal }) => (await callJson<{ entries: LogEntry[] }>(at("/api/v1/namespaces/{ns}/deployments/{deployment}/logs", { ns, deployment: slug }), { signal })).entries });

/** How its batches are joined now, whoever said so, as the inference protocol tells it; and when each revision was last asked. */
export const served = (ns: string, slug: string) =>
  queryOptions({
    queryKey: ["deployment", ns, slug, "served"],
    queryFn: async ({ signal }) => {
      // What is not ready has neither, and says so on its page in other words.
      const read = (what: string) => call(`/v2/models/${encodeURIComponent(ns)}/${encodeURIComponent(slug)}/${what}`, { signal, accept: [400, 404, 412, 503] });
      const [config, stats] = await Promise.all([read("config"), read("stats")]);
      return {
        config: config.ok ? ((await config.json()) as ServedConfig) : undefined,
        last: new Map(stats.ok ? ((await stats.json()) as { model_stats: { version: string; last_inference: number }[] }).model_stats.map((one) => [Number(one.version), one.last_inference]) : []),
      };
    },
  });
export interface ServedConfig {
  max_batch_size?: number;
  dynamic_batching?: { preferred_batch_size: number[]; max_queue_delay_microseconds: number; priority_levels: number; default_priority_level: number };
}
