// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { happeningsOf } from "../logic/happenings.ts";

const entries = (...messages: string[]) => messages.map((message, i) => ({ time: `2026-01-01T00:00:0${i}Z`, level: /FAILED|ROLLED_BACK/.test(message) ? "ERROR" : "INFO", message }));
const versions = new Map([[1, 4], [2, 7]]);

it("puts together what a replica goes through, newest first", () => {
  const found = happeningsOf(entries("deployed by ada", "revision 1 runs version 4", "revision 1 on node is FETCHING", "revision 1 on node is LOADING", "revision 1 on node is WARMING", "revision 1 on node is READY"), versions);
  expect(found.map(({ title, note }) => [title, note])).toEqual([["v4 is ready on node", "fetched, loaded, warmed"], ["v4 begins", "revision 1"], ["Deployed by ada", undefined]]);
});

it("says what roll-outs did, and why", () => {
  const found = happeningsOf(entries("roll-out 1 to revision 2: RUNNING, step 1 with 5 %", "roll-out 1 to revision 2: ROLLED_BACK: ERROR_RATE at most 0.01 does not hold", "revision 2 on node is FAILED: no memory: none left", "revision 3 on node is STOPPED"), versions);
  expect(found).toMatchObject([
    { title: "revision 3 is stopped on node", tone: "idle" },
    { title: "v7 failed on node", note: "no memory: none left", tone: "bad" },
    { title: "Roll-out 1: v7 rolled back", note: "ERROR_RATE at most 0.01 does not hold", tone: "bad" },
    { title: "v7 to 5 %", note: "roll-out 1, step 1" },
  ]);
});
