// SPDX-License-Identifier: Apache-2.0
//
// Runs as rows of figures: which columns there are, which are worth showing, how they are ordered.
import type { Run } from "../api/types.ts";
import { better } from "./metrics.ts";

/** "m:loss", "p:lr", "t:team"; or one of a run's own: "name", "status", "started", "took", "owner". */
export type ColumnId = string;
export interface Column {
  id: ColumnId;
  name: string;
  kind: "metric" | "parameter" | "tag" | "own";
  /** How many runs have it. */
  runs: number;
  /** Two runs have different values of it. */
  varies: boolean;
  /** That, or one has none. */
  differs: boolean;
}
export type Value = number | string | undefined;

export const own: Record<string, string> = { name: "Run", status: "Status", started: "Started", took: "Took", owner: "Owner" };
const kinds = { m: "metric", p: "parameter", t: "tag" } as const;
type Letter = keyof typeof kinds;

export function columnsOf(runs: readonly Run[]): Column[] {
  const found = new Map<string, Column & { first: Value }>();
  const see = (letter: Letter, name: string, value: Value) => {
    const id = `${letter}:${name}`;
    const known = found.get(id);
    if (!known) return void found.set(id, { id, name, kind: kinds[letter], runs: 1, varies: false, differs: false, first: value });
    known.runs++;
    known.varies ||= known.first !== value;
  };
  for (const run of runs) {
    for (const [name, { value }] of Object.entries(run.metrics)) see("m", name, value);
    for (const [name, value] of Object.entries(run.parameters)) see("p", name, value);
    for (const [name, value] of Object.entries(run.tags ?? {})) see("t", name, value);
  }
  const order = { metric: 0, parameter: 1, tag: 2, own: 3 };
  return [...found.values()]
    .map(({ first: _, ...column }) => ({ ...column, differs: column.varies || column.runs < runs.length }))
    .sort((a, b) => order[a.kind] - order[b.kind] || b.runs - a.runs || (a.name < b.name ? -1 : 1));
}

/** What one wants to see first: the metrics most runs have, and the parameters that differ between runs. */
export function usualColumns(all: readonly Column[]): ColumnId[] {
  const metrics = all.filter(({ kind }) => kind === "metric").slice(0, 4);
  const parameters = all.filter(({ kind }) => kind === "parameter");
  const telling = parameters.filter(({ varies }) => varies);
  return [...metrics, ...(telling.length > 0 ? telling : parameters).slice(0, 4)].map(({ id }) => id);
}

/** Names may hold what parts a list, so they stand encoded. */
export const readIds = (text: string | undefined): ColumnId[] => (text ?? "").split(",").filter(Boolean).map((part) => part.replaceAll("%2C", ",").replaceAll("%25", "%"));
export const writeIds = (ids: readonly ColumnId[]): string => ids.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");

export function took(run: Run, now: number): number | undefined {
  if (!run.start_time) return undefined;
  const end = run.end_time ? Date.parse(run.end_time) : run.status === "RUNNING" ? now : undefined;
  return end === undefined ? undefined : Math.max(0, end - Date.parse(run.start_time));
}

export function valueOf(run: Run, id: ColumnId, now = Date.now()): Value {
  const name = id.slice(2);
  if (id.startsWith("m:")) return run.metrics[name]?.value;
  if (id.startsWith("p:")) return run.parameters[name];
  if (id.startsWith("t:")) return run.tags?.[name];
  switch (id) {
    case "name": return run.name;
    case "status": return run.status;
    case "started": return run.start_time ? Date.parse(run.start_time) : undefined;
    case "took": return took(run, now);
    case "owner": return run.owner;
    default: return undefined;
  }
}

/** A number where the text is one: parameters are kept as text. */
export function numeric(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** "m:loss" up, "-m:loss" down. What a run does not have comes last, either way. */
export function sorted(runs: readonly Run[], sort: string | undefined): Run[] {
  if (!sort) return [...runs];
  const down = sort.startsWith("-");
  const id = down ? sort.slice(1) : sort;
  const now = Date.now();
  const keyed = runs.map((run, order) => ({ run, order, value: valueOf(run, id, now) }));
  keyed.sort((a, b) => {
    if (a.value === undefined || b.value === undefined) return a.value === b.value ? a.order - b.order : a.value === undefined ? 1 : -1;
    const x = numeric(a.value);
    const y = numeric(b.value);
    const ways = x !== undefined && y !== undefined ? x - y : x !== undefined ? -1 : y !== undefined ? 1 : a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
    return (down ? -ways : ways) || a.order - b.order;
  });
  return keyed.map(({ run }) => run);
}

/** The best value of a metric among runs, where the name says which way is better. */
export function bestOf(runs: readonly Run[], id: ColumnId): number | undefined {
  const values = runs.map((run) => valueOf(run, id)).filter((value) => typeof value === "number");
  const up = better(id.slice(2), 1);
  if (up === undefined || values.length < 2 || !id.startsWith("m:")) return undefined;
  return up ? Math.max(...values) : Math.min(...values);
}

/** What was typed as the server's filter: a comparison as it stands, plain words as a part of the name. */
export function filterOf(typed: string): string {
  const text = typed.trim();
  if (text === "") return "";
  if (/[=<>]|\b(I?LIKE|IN)\b/i.test(text)) return text;
  return text.split(/\s+/).slice(0, 8).map((word) => `name ILIKE '%${word.replaceAll("\\", "_").replace(/[%_]/g, "\\$&").replaceAll("'", "\\'")}%'`).join(" AND ");
}

export function pickedRuns(text: string | undefined, most = 50): number[] {
  return [...new Set((text ?? "").split(",").map(Number).filter((id) => Number.isInteger(id) && id > 0))].slice(0, most);
}

/** The colour of a run is the same on every page: by its id. */
export const colourOfRun = (index: number): number => (index % 6) + 1;
