// SPDX-License-Identifier: Apache-2.0
//
// Versions side by side: one row for each fact, those that differ first.
import type { Comparison, Declaration, Tensor, Version, VersionFile } from "../api/types.ts";
import { bytes, formatName, metric, shape, shortDigest, taskName } from "./format.ts";
import { figures } from "./metrics.ts";

export interface Compared {
  version: Version;
  files: VersionFile[];
  declaration: Declaration | null;
}
export interface Cell {
  text: string;
  /** What decides whether two cells are the same. */
  raw: string;
  number?: number;
}
export interface Row {
  group: "Figures" | "Metrics" | "Parameters" | "Facts" | "Signature" | "Dependencies" | "Properties" | "Declaration" | "Files";
  name: string;
  cells: (Cell | undefined)[];
  differs: boolean;
}

const cell = (text: string | undefined): Cell | undefined => (text ? { text, raw: text } : undefined);

/** {"input": {"width": 16}} → input.width = 16. */
export function flat(value: unknown, prefix = ""): [string, string][] {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return Object.entries(value).flatMap(([name, inner]) => flat(inner, prefix ? `${prefix}.${name}` : name));
  return [[prefix, typeof value === "string" ? value : JSON.stringify(value)]];
}

export function compareRows(all: readonly Compared[]): Row[] {
  const rows: Row[] = [];
  const add = (group: Row["group"], name: string, cells: (Cell | undefined)[]) => {
    if (cells.every((one) => one === undefined)) return;
    rows.push({ group, name, cells, differs: cells.some((one) => one?.raw !== cells[0]?.raw) });
  };
  const byName = (group: Row["group"], each: (one: Compared) => [string, Cell][]) => {
    const maps = all.map((one) => new Map(each(one)));
    for (const name of new Set(maps.flatMap((map) => [...map.keys()]))) add(group, name, maps.map((map) => map.get(name)));
  };
  const measured = all.map(({ version }) => new Set(figures(version.custom_properties).map(({ name }) => name)));
  byName("Figures", ({ version }) => figures(version.custom_properties).map(({ name, value }) => [name, { text: metric(value), raw: String(value), number: value }]));
  add("Facts", "Description", all.map(({ version }) => cell(version.description)));
  add("Facts", "Task", all.map(({ version }) => cell(taskName(version.task))));
  add("Facts", "Format", all.map(({ version }) => cell(formatName(version.format))));
  add("Facts", "Runs in", all.map(({ version }) => cell(version.runtime)));
  add("Facts", "Size", all.map(({ version }) => (version.size_bytes === undefined ? undefined : { text: bytes(version.size_bytes), raw: String(version.size_bytes) })));
  add("Facts", "Digest", all.map(({ version }) => (version.digest ? { text: shortDigest(version.digest), raw: version.digest } : undefined)));
  add("Facts", "Author", all.map(({ version }) => cell(version.author)));
  add("Facts", "Aliases", all.map(({ version }) => cell([...version.aliases].sort().join(", "))));
  const tensor = (way: string) => (one: Tensor): [string, Cell] => [`${way} ${one.name}`, { text: `${one.datatype} ${shape(one.shape)}`, raw: `${one.datatype} ${one.shape.join(",")}` }];
  byName("Signature", ({ version }) => [...(version.signature?.inputs ?? []).map(tensor("in")), ...(version.signature?.outputs ?? []).map(tensor("out"))]);
  byName("Properties", ({ version }) => flat(version.custom_properties).filter(([name]) => name && !measured.some((names) => names.has(name.split(".").at(-1)!))).map(([name, text]) => [name, { text, raw: text }]));
  byName("Declaration", ({ declaration }) => (declaration ? flat(declaration).map(([name, text]) => [name, { text, raw: text }]) : []));
  byName("Files", ({ files }) => files.map((file) => [file.path, { text: `${bytes(file.size_bytes)}, ${shortDigest(file.digest).replace("sha256:", "").slice(0, 9)}`, raw: file.digest }]));
  return rows;
}

const taken = { metrics: "Metrics", parameters: "Parameters", dependencies: "Dependencies" } as const;

/** What only the server knows: of runs that made the versions, and of the files that name dependencies. */
export function foundRows(comparison: Comparison | undefined): Row[] {
  return (comparison?.sections ?? []).flatMap(({ name, rows }) => {
    const group = taken[name as keyof typeof taken];
    if (group === undefined) return [];
    return rows.map((row) => ({ group, name: row.name, differs: row.change !== "SAME", cells: row.values.map(valueCell) }));
  });
}

function valueCell(value: unknown): Cell | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return { text: metric(value), raw: String(value), number: value };
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { text: text || "any", raw: text };
}
