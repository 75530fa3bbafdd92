// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { batchingDraft, batchingMeant, microsecondsOf, microsecondsText } from "../logic/batching.ts";

test("durations of batches are read and written alike", () => {
  for (const [text, value] of [["500us", 500], ["500µs", 500], ["20ms", 20_000], ["1s", 1_000_000], ["0us", 0]] as const) expect(microsecondsOf(text)).toBe(value);
  expect(microsecondsOf("soon")).toBeUndefined();
  expect(microsecondsOf("-1us")).toBeUndefined();
  for (const value of [0, 1, 500, 1500, 20_000, 1_000_000]) expect(microsecondsOf(microsecondsText(value))).toBe(value);
});

test("what is typed becomes a change, and what is empty is the version's again", () => {
  const draft = batchingDraft({ max_batch_size: 8, preferred_batch_size: [4, 8], max_queue_delay_microseconds: 1500 });
  expect(draft).toMatchObject({ max_batch_size: "8", preferred_batch_size: "4, 8", max_queue_delay_microseconds: "1500us", max_queue_size: "" });
  const { change, wrong } = batchingMeant({ ...draft, max_batch_size: "", queue_timeout_microseconds: "200ms" });
  expect(wrong).toEqual({});
  expect(change).toEqual({ max_batch_size: null, preferred_batch_size: [4, 8], max_queue_delay_microseconds: 1500, max_queue_size: null, queue_timeout_microseconds: 200_000, priority_levels: null, default_priority_level: null });
  expect(Object.keys(batchingMeant({ ...draft, max_batch_size: "many", preferred_batch_size: "8;9", max_queue_delay_microseconds: "later" }).wrong)).toEqual(["max_batch_size", "preferred_batch_size", "max_queue_delay_microseconds"]);
});
