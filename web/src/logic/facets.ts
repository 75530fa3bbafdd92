// SPDX-License-Identifier: Apache-2.0
//
// By what a list of models can be narrowed. Each facet stands in the address under its own name.
import type { Model } from "../api/types.ts";
import { formatName, taskName } from "./format.ts";

export const facets = {
  task: { label: "Task", of: (model: Model) => one(model.task ?? model.latest_version?.task), say: taskName },
  format: { label: "Format", of: (model: Model) => one(model.latest_version?.format), say: formatName },
  alias: { label: "Alias", of: (model: Model) => model.aliases.map(({ name }) => name), say: (value: string) => value },
  tag: { label: "Tag", of: tagsOf, say: (value: string) => value },
  state: { label: "State", of: (model: Model) => [model.state], say: (value: string) => (value === "ARCHIVED" ? "Archived" : "Live") },
} satisfies Record<string, { label: string; of: (model: Model) => string[]; say: (value: string) => string }>;

export type Facet = keyof typeof facets;
export const facetNames = Object.keys(facets) as Facet[];
export type Wanted = { [name in Facet]?: string | undefined };

/** Asked of every model of a long list at each press: what was put together once is kept. */
const tags = new WeakMap<object, string[]>();
function tagsOf({ tags: kept }: Model): string[] {
  if (!kept) return none;
  let said = tags.get(kept);
  if (!said) tags.set(kept, (said = Object.entries(kept).map(([key, value]) => (value ? `${key}: ${value}` : key))));
  return said;
}
const none: string[] = [];

function one(value: string | undefined): string[] {
  return value ? [value] : [];
}

/** What fits all that is wanted; what is not wanted costs nothing. */
export function fitting(wanted: Wanted): (model: Model) => boolean {
  const asked = facetNames.flatMap((name) => (wanted[name] ? [{ of: facets[name].of, value: wanted[name] }] : []));
  return (model) => asked.every(({ of, value }) => of(model).includes(value));
}

/** The values of a facet in these models, the commonest first. */
export function valuesOf(models: readonly Model[], name: Facet): { value: string; count: number }[] {
  let ofList = counted.get(models);
  if (!ofList) counted.set(models, (ofList = {}));
  return (ofList[name] ??= count(models, name));
}
/** A menu is drawn many times while one moves in it. */
const counted = new WeakMap<readonly Model[], Partial<Record<Facet, { value: string; count: number }[]>>>();

function count(models: readonly Model[], name: Facet): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const model of models) for (const value of facets[name].of(model)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

/** A view is an address that has a name; views are kept in this browser. */
export interface View {
  name: string;
  search: Record<string, string>;
}

export function sameSearch(a: Record<string, string | undefined>, b: Record<string, string | undefined>): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => (a[name] || undefined) === (b[name] || undefined));
}

/** What is kept may be of another version of this page, or not ours. */
export function readViews(kept: string | null): View[] {
  try {
    const all: unknown = JSON.parse(kept ?? "[]");
    if (!Array.isArray(all)) return [];
    return all.flatMap((raw) => {
      const { name, search } = (raw ?? {}) as Partial<View>;
      if (typeof name !== "string" || !name || !search || typeof search !== "object") return [];
      return [{ name, search: Object.fromEntries(Object.entries(search).filter(([, value]) => typeof value === "string")) }];
    });
  } catch {
    return [];
  }
}
