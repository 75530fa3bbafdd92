// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { MetricCurve, Run } from "../api/types.ts";
import { drawn, joined, rangeOf, smooth, writeRange } from "../logic/curves.ts";
import { axisOf, nearest, passes, readBrushes, writeBrushes } from "../logic/parallel.ts";

const curve = (values: [step: number, value: number][], points = values.length): MetricCurve =>
  ({ name: "loss", points, values: values.map(([step, value]) => ({ step, value, timestamp: new Date(1000 * step).toISOString() })) });

describe("curves", () => {
  it("are smoothed without a pull to zero at their beginning", () => {
    expect(smooth([4, 4, 4], 0.9).map((value) => Number(value.toFixed(6)))).toEqual([4, 4, 4]);
    expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3]);
    expect(smooth([0, 10], 0.5)[1]).toBeCloseTo(20 / 3);
  });
  it("that are shortened have a band of what is not drawn", () => {
    expect(drawn(curve([[0, 1], [1, 5], [2, 2], [3, 4]], 1000), "step", 0, 0)).toEqual({ x: [0.5, 1.5, 2.5], y: [3, 3, 3.5], low: [1, 1, 2], high: [5, 5, 5] });
    expect(drawn(curve([[2, 1], [1, 5]]), "step", 0, 0)).toEqual({ x: [1, 2], y: [5, 1] });
  });
  it("along time begin with their run", () => expect(drawn(curve([[10, 1], [11, 2]]), "time", 9000, 0).x).toEqual([1, 2]));
  it("share one x, with nothing where one has no point", () => {
    const { x, curves } = joined([{ x: [1, 3], y: [10, 30] }, { x: [2, 3], y: [2, 3], low: [1, 1], high: [3, 4] }]);
    expect(x).toEqual([1, 2, 3]);
    expect(curves.map(({ y }) => y)).toEqual([[10, null, 30], [null, 2, 3]]);
    expect(curves[1]!.low).toEqual([null, 1, 1]);
  });
  it("have a range that stands in the address", () => {
    expect(rangeOf(writeRange([-1.5, 80]))).toEqual([-1.5, 80]);
    expect([rangeOf("5~2"), rangeOf("x"), rangeOf(undefined)]).toEqual([undefined, undefined, undefined]);
  });
});

describe("parallel coordinates", () => {
  const runs = [{ lr: "0.001", opt: "adam" }, { lr: "0.1", opt: "sgd" }, { opt: "adam" }].map((parameters, i) => ({ id: i, name: String(i), metrics: {}, parameters }) as unknown as Run);
  const axes = [axisOf(runs, { id: "p:lr", name: "lr" }), axisOf(runs, { id: "p:opt", name: "opt" })];
  it("place numbers by size, over decades by their logarithm, and words in their order", () => {
    expect(axes[0]!.places).toEqual([0, 1, null]);
    expect(axes[1]!.places).toEqual([0, 1, 0]);
    expect(axes[0]!.ticks.map(({ text }) => text)).toContain("0.01");
  });
  it("leave what every brush lets pass; a run without a value does not", () => {
    expect([0, 1, 2].map((i) => passes(axes, { "p:opt": [0, 0.4] }, i))).toEqual([true, false, true]);
    expect([0, 1, 2].map((i) => passes(axes, { "p:opt": [0, 0.4], "p:lr": [0, 1] }, i))).toEqual([true, false, false]);
  });
  it("brushes stand in the address", () => expect(readBrushes(writeBrushes({ "m:a~b": [0.1, 0.25] }))).toEqual({ "m:a~b": [0.1, 0.25] }));
  it("the line under the pointer is found, and none where none is near", () => {
    expect(nearest(axes, () => true, 0.5, 0.5, 0.2)).toBeUndefined();
    expect(nearest(axes, () => true, 0.5, 0.95, 0.2)).toBe(1);
  });
});
