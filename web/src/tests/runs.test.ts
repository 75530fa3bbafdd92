// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Run } from "../api/types.ts";
import { bestOf, columnsOf, filterOf, pickedRuns, readIds, sorted, took, usualColumns, writeIds } from "../logic/runs.ts";

const point = (value: number) => ({ value, step: 1, timestamp: "2026-01-01T00:00:00Z" });
const run = (id: number, metrics: Record<string, number>, parameters: Record<string, string> = {}): Run =>
  ({ id, name: `run ${id}`, metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, point(value)])), parameters, tags: {} }) as unknown as Run;

describe("columns", () => {
  const runs = [run(1, { loss: 0.5 }, { lr: "0.1", epochs: "5" }), run(2, { loss: 0.4, accuracy: 0.9 }, { lr: "0.01", epochs: "5" })];
  it("say which runs differ in them, what is missing in one included", () => {
    expect(columnsOf(runs).map(({ id, runs: count, differs }) => [id, count, differs])).toEqual([["m:loss", 2, true], ["m:accuracy", 1, true], ["p:epochs", 2, false], ["p:lr", 2, true]]);
  });
  it("shown at first are metrics and the parameters that tell runs apart", () => expect(usualColumns(columnsOf(runs))).toEqual(["m:loss", "m:accuracy", "p:lr"]));
  it("stand in the address whatever their names hold", () => {
    const ids = ["m:a,b", "p:50%", "t:%2C"];
    expect(readIds(writeIds(ids))).toEqual(ids);
  });
});

describe("order", () => {
  const runs = [run(1, { loss: 0.5 }, { lr: "10" }), run(2, {}, { lr: "9" }), run(3, { loss: 0.1 }, { lr: "auto" })];
  const ids = (sort: string | undefined) => sorted(runs, sort).map(({ id }) => id);
  it("is by number, down and up, and what is missing comes last both ways", () => {
    expect(ids("m:loss")).toEqual([3, 1, 2]);
    expect(ids("-m:loss")).toEqual([1, 3, 2]);
  });
  it("takes a parameter's text as the number it is", () => expect(ids("p:lr")).toEqual([2, 1, 3]));
  it("is left as it came where none is asked for", () => expect(ids(undefined)).toEqual([1, 2, 3]));
});

it("the best is the least of a loss, the greatest of an accuracy, and unknown where a name says nothing", () => {
  const runs = [run(1, { loss: 0.5, accuracy: 0.8, epoch: 1 }), run(2, { loss: 0.4, accuracy: 0.9, epoch: 2 })];
  expect(["m:loss", "m:accuracy", "m:epoch"].map((id) => bestOf(runs, id))).toEqual([0.4, 0.9, undefined]);
});

it("words are looked for in names, comparisons are the server's", () => {
  expect(filterOf(" metrics.loss < 0.1 ")).toBe("metrics.loss < 0.1");
  expect(filterOf("it's 5%")).toBe("name ILIKE '%it\\'s%' AND name ILIKE '%5\\%%'");
  expect(filterOf("status IN ('FAILED')")).toBe("status IN ('FAILED')");
  expect(filterOf("  ")).toBe("");
});

it("marks are ids, each once", () => expect(pickedRuns("3,1,3,x,-2,")).toEqual([3, 1]));

it("a run that goes takes until now, one that ended until then, one that was left open nothing that is known", () => {
  const timed = (more: Partial<Run>) => took({ ...run(1, {}), start_time: "2026-01-01T00:00:00Z", ...more } as Run, Date.parse("2026-01-01T00:01:00Z"));
  expect([timed({ status: "RUNNING" }), timed({ status: "FINISHED", end_time: "2026-01-01T00:00:05Z" }), timed({ status: "FAILED" })]).toEqual([60_000, 5000, undefined]);
});
