// SPDX-License-Identifier: Apache-2.0
//
// Parallel coordinates: where on an axis a run stands, from 0 at the bottom to 1 at the top, and what brushes leave.
import type { Run } from "../api/types.ts";
import { metric } from "./format.ts";
import { type Column, type ColumnId, numeric, valueOf } from "./runs.ts";

export interface Axis {
  id: ColumnId;
  name: string;
  /** Where each run stands, in the order of the runs; null: it has no value. */
  places: (number | null)[];
  ticks: { at: number; text: string }[];
}
/** From below to above, both 0 to 1. */
export type Brushes = Record<ColumnId, [number, number]>;

const mostWords = 24;

export function axisOf(runs: readonly Run[], { id, name }: Pick<Column, "id" | "name">): Axis {
  const values = runs.map((run) => valueOf(run, id));
  const there = values.filter((value) => value !== undefined);
  const numbers = there.map(numeric);
  if (there.length > 0 && numbers.every((value) => value !== undefined)) return numberAxis(id, name, values.map(numeric));
  const words = [...new Set(there.map(String))].sort();
  const place = (value: string) => (words.length === 1 ? 0.5 : words.indexOf(value) / (words.length - 1));
  const every = Math.ceil(words.length / mostWords);
  return { id, name, places: values.map((value) => (value === undefined ? null : place(String(value)))), ticks: words.filter((_, i) => i % every === 0).map((text) => ({ at: place(text), text })) };
}

function numberAxis(id: ColumnId, name: string, values: (number | undefined)[]): Axis {
  const there = values.filter((value) => value !== undefined);
  const low = Math.min(...there);
  const high = Math.max(...there);
  // What spans decades, as learning rates do, is seen on a log scale only.
  const log = low > 0 && high / low >= 100;
  const scale = (value: number) => (log ? Math.log10(value) : value);
  const span = scale(high) - scale(low);
  const place = (value: number) => (span === 0 ? 0.5 : (scale(value) - scale(low)) / span);
  const marks = span === 0 ? [low] : [0, 0.25, 0.5, 0.75, 1].map((at) => (log ? 10 ** (scale(low) + at * span) : low + at * span));
  return { id, name, places: values.map((value) => (value === undefined ? null : place(value))), ticks: marks.map((value) => ({ at: place(value), text: metric(Number(value.toPrecision(4))) })) };
}

/** A run without a value on a brushed axis does not pass. */
export function passes(axes: readonly Axis[], brushes: Brushes, run: number): boolean {
  return axes.every(({ id, places }) => {
    const brush = brushes[id];
    const place = places[run];
    return !brush || (place !== null && place !== undefined && place >= brush[0] - 1e-9 && place <= brush[1] + 1e-9);
  });
}

/** "m:loss~0.1~0.5,…" of the address. */
export function readBrushes(ids: readonly string[]): Brushes {
  return Object.fromEntries(
    ids.flatMap((part) => {
      const [, id, low, high] = /^(.+)~([\d.]+)~([\d.]+)$/.exec(part) ?? [];
      return id !== undefined && Number(low) < Number(high) ? [[id, [Number(low), Number(high)] as [number, number]]] : [];
    }),
  );
}
export const writeBrushes = (brushes: Brushes): string[] => Object.entries(brushes).map(([id, [low, high]]) => `${id}~${Number(low.toFixed(3))}~${Number(high.toFixed(3))}`);

/** The run whose line is nearest to a point between two axes, if one is near. */
export function nearest(axes: readonly Axis[], visible: (run: number) => boolean, x: number, y: number, reach: number): number | undefined {
  const left = Math.max(0, Math.min(axes.length - 2, Math.floor(x)));
  const [a, b] = [axes[left], axes[left + 1]];
  if (!a || !b) return undefined;
  let found: number | undefined;
  let best = reach;
  a.places.forEach((from, run) => {
    const to = b.places[run];
    if (from === null || to === null || to === undefined || !visible(run)) return;
    const away = Math.abs(from + (to - from) * (x - left) - y);
    if (away < best) [found, best] = [run, away];
  });
  return found;
}
