// SPDX-License-Identifier: Apache-2.0
//
// Invocations: what is asked for now and done by the queue (operations), and the records of all that was asked.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { type Page, withPage } from "./queries.ts";
import type { ModelRun, RunState } from "./types.ts";

export type Kept = "operations" | "model_runs";

/** The newest first. What was asked at once makes no event: the stream says when there are more records. */
export const invocations = (of: Kept, state: RunState | "") =>
  infiniteQueryOptions({
    queryKey: ["operations", of, state],
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) => {
      const path = of === "operations" ? at("/api/v1/operations", {}) : at("/api/v1/model_runs", {});
      const page = await callJson<Page & { operations?: ModelRun[]; model_runs?: ModelRun[] }>(withPage(path, { filter: state ? `state = '${state}'` : undefined, order_by: "id desc", page_size: "100", page_token: pageParam }), { signal });
      return { runs: page.operations ?? page.model_runs ?? [], next_page_token: page.next_page_token };
    },
    getNextPageParam: (last) => last.next_page_token || undefined,
    ...(of === "model_runs" && { meta: { figures: "model_runs" } }),
  });

/** With what went in and came out, for who asked. */
export const invocation = (id: string) => queryOptions({ queryKey: ["operations", "one", id], queryFn: ({ signal }) => callJson<ModelRun>(at("/api/v1/model_runs/{run}", { run: id }), { signal }) });

export async function cancelOperation(id: string): Promise<void> {
  await call(at("/api/v1/operations/{operation}:cancel", { operation: id }), { method: "POST" });
}
