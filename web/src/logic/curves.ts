// SPDX-License-Identifier: Apache-2.0
//
// Curves of metrics made fit to be drawn: what x is, smoothing, the band of what was left out, one x for all of them.
import type { MetricCurve } from "../api/types.ts";

export type Axis = "step" | "time";
export interface Drawn {
  x: number[];
  y: (number | null)[];
  /** The least and the greatest of what one point stands for. */
  low?: (number | null)[];
  high?: (number | null)[];
}

/** Exponential, begun without a bias to zero. 0: as it is. */
export function smooth(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let kept = 0;
  let share = 0;
  return values.map((value) => {
    kept = kept * weight + (1 - weight) * value;
    share = share * weight + (1 - weight);
    return kept / share;
  });
}

/** Of a long history the server gives the least and the greatest of each stretch, in their order; that is a band. */
export function drawn(curve: MetricCurve, axis: Axis, start: number, weight: number): Drawn {
  const xOf = ({ step, timestamp }: MetricCurve["values"][number]) => (axis === "step" ? step : (Date.parse(timestamp) - start) / 1000);
  const points = curve.values.map((point) => ({ x: xOf(point), y: point.value })).sort((a, b) => a.x - b.x);
  const shortened = curve.points > curve.values.length && points.length > 2;
  if (!shortened) return { x: points.map(({ x }) => x), y: smooth(points.map(({ y }) => y), weight) };
  // Four neighbours hold a whole stretch, wherever one ends.
  const pairs = points.slice(1).map((point, i) => {
    const near = points.slice(Math.max(0, i - 1), i + 3).map(({ y }) => y);
    return { x: (points[i]!.x + point.x) / 2, low: Math.min(...near), high: Math.max(...near) };
  });
  return {
    x: pairs.map(({ x }) => x),
    y: smooth(pairs.map(({ low, high }) => (low + high) / 2), weight),
    low: pairs.map(({ low }) => low),
    high: pairs.map(({ high }) => high),
  };
}

/** All on one x, in order, each x once; where a curve has no point it has null. */
export function joined(all: readonly Drawn[]): { x: number[]; curves: Drawn[] } {
  const x = [...new Set(all.flatMap((one) => one.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, i) => [value, i]));
  const spread = (from: readonly number[], values: readonly (number | null)[]) => {
    const out = new Array<number | null>(x.length).fill(null);
    from.forEach((value, i) => (out[place.get(value)!] = values[i] ?? null));
    return out;
  };
  return { x, curves: all.map((one) => ({ x, y: spread(one.x, one.y), ...(one.low && one.high ? { low: spread(one.x, one.low), high: spread(one.x, one.high) } : {}) })) };
}

/** "3-80" of the address. */
export function rangeOf(text: string | undefined): [number, number] | undefined {
  const [, from, to] = /^(-?[\d.]+)~(-?[\d.]+)$/.exec(text ?? "") ?? [];
  return from !== undefined && to !== undefined && Number(to) > Number(from) ? [Number(from), Number(to)] : undefined;
}
export const writeRange = (range: [number, number] | undefined): string | undefined => range?.map((value) => String(Number(value.toPrecision(6)))).join("~");
