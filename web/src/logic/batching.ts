// SPDX-License-Identifier: Apache-2.0
//
// How the batches of a deployment are joined: what is typed becomes a change, in the words of `souk deployment set`.
import type { BatchingOverride, BatchingPatch } from "../api/types.ts";
import { durationOf } from "./strategy.ts";

export const batchingNames = ["max_batch_size", "preferred_batch_size", "max_queue_delay_microseconds", "max_queue_size", "queue_timeout_microseconds", "priority_levels", "default_priority_level"] as const;
export type BatchingName = (typeof batchingNames)[number];
export const batchingLabels: Record<BatchingName, { label: string; hint: string }> = {
  max_batch_size: { label: "Rows of a batch", hint: "1: requests are not joined" },
  preferred_batch_size: { label: "Preferred sizes", hint: "Where the model is quick, such as 8, 32" },
  max_queue_delay_microseconds: { label: "Held for a fuller batch", hint: "Such as 500us, only while another runs" },
  max_queue_size: { label: "Requests that may wait", hint: "More are answered 503" },
  queue_timeout_microseconds: { label: "Waits at most", hint: "Such as 200ms; then it is dropped" },
  priority_levels: { label: "Priority levels", hint: "A request's priority chooses" },
  default_priority_level: { label: "Level of the others", hint: "1 is the first served" },
};
export type BatchingDraft = Record<BatchingName, string>;

/** "500us", "20ms", "1s"; a bare number is microseconds. Undefined where it is none. */
export function microsecondsOf(text: string): number | undefined {
  const said = text.trim();
  const [, micro] = /^(\d+)\s*(?:us|µs)?$/.exec(said) ?? [];
  if (micro !== undefined) return Number(micro);
  const ms = durationOf(said);
  return ms === undefined ? undefined : Math.round(ms * 1000);
}

export function microsecondsText(value: number): string {
  return value > 0 && value % 1_000_000 === 0 ? `${value / 1_000_000}s` : value > 0 && value % 1000 === 0 ? `${value / 1000}ms` : `${value}us`;
}

/** As it stands in a field. */
export function batchingText(name: BatchingName, value: number | number[] | undefined): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : name.endsWith("microseconds") ? microsecondsText(value) : String(value);
}

export function batchingDraft(override: BatchingOverride): BatchingDraft {
  return Object.fromEntries(batchingNames.map((name) => [name, batchingText(name, override[name])])) as BatchingDraft;
}

/** An empty field is the version's again. */
export function batchingMeant(draft: BatchingDraft): { change: BatchingPatch; wrong: Partial<Record<BatchingName, string>> } {
  const change: Record<string, number | number[] | null> = {};
  const wrong: Partial<Record<BatchingName, string>> = {};
  for (const name of batchingNames) {
    const text = draft[name].trim();
    if (!text) change[name] = null;
    else if (name === "preferred_batch_size") {
      const sizes = text.split(",").map((one) => one.trim()).filter(Boolean);
      if (sizes.every((one) => /^[1-9]\d{0,8}$/.test(one))) change[name] = sizes.map(Number);
      else wrong[name] = "Whole numbers with commas between them, such as 8, 32";
    } else if (name.endsWith("microseconds")) {
      const value = microsecondsOf(text);
      if (value === undefined) wrong[name] = "A duration, such as 500us, 20ms or 1s";
      else change[name] = value;
    } else if (/^\d{1,9}$/.test(text)) change[name] = Number(text);
    else wrong[name] = "A whole number";
  }
  return { change, wrong };
}
