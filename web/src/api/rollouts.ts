// SPDX-License-Identifier: Apache-2.0
//
// Roll-outs: how one revision takes over from another. Each move is an event; of the figures they are judged by the stream
// says when they are others.
import { queryOptions } from "@tanstack/react-query";
import { at, callJson } from "./client.ts";
import { withPage } from "./queries.ts";
import type { Rollout, RolloutState } from "./types.ts";

const many = "/api/v1/namespaces/{ns}/deployments/{deployment}/rollouts";
export type Move = "pause" | "resume" | "promote" | "abort";

export const isOver = (state: RolloutState): boolean => state === "SUCCEEDED" || state === "ROLLED_BACK" || state === "ABORTED";

/** The newest first, the latest hundred. */
export const rollouts = (ns: string, slug: string) =>
  queryOptions({ queryKey: ["deployment", ns, slug, "rollouts"], queryFn: async ({ signal }) => (await callJson<{ rollouts: Rollout[] }>(withPage(at(many, { ns, deployment: slug }), { page_size: "100" }), { signal })).rollouts });

export const rollout = (ns: string, slug: string, number: number) =>
  queryOptions({
    queryKey: ["deployment", ns, slug, "rollout", number],
    queryFn: ({ signal }) => callJson<Rollout>(at(`${many}/{rollout}`, { ns, deployment: slug, rollout: number }), { signal }),
    meta: { figures: `rollouts:${ns}/${slug}` },
  });

/** `number`, not "latest": what was looked at is what moves. */
export function moveRollout({ namespace, deployment, number }: Rollout, move: Move): Promise<Rollout> {
  const parts = { ns: namespace, deployment, rollout: number };
  const path = move === "pause" ? at(`${many}/{rollout}:pause`, parts) : move === "resume" ? at(`${many}/{rollout}:resume`, parts) : move === "promote" ? at(`${many}/{rollout}:promote`, parts) : at(`${many}/{rollout}:abort`, parts);
  return callJson<Rollout>(path, { method: "POST" });
}
