// SPDX-License-Identifier: Apache-2.0
//
// Finding by a few letters: every word must occur; what begins with them comes first, then what has them at the start
// of a word, then the rest.

export interface Ranked<T> {
  item: T;
  marks: [number, number] | undefined;
}

export function matches(text: string, wanted: string): boolean {
  const low = text.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => low.includes(word));
}

export function rank<T>(items: readonly T[], wanted: string, textOf: (item: T) => string, nameOf: (item: T) => string): Ranked<T>[] {
  const query = wanted.trim().toLowerCase();
  if (!query) return items.map((item) => ({ item, marks: undefined }));
  const scored: { ranked: Ranked<T>; score: number; order: number }[] = [];
  items.forEach((item, order) => {
    if (!matches(textOf(item), query)) return;
    const name = nameOf(item).toLowerCase();
    const at = name.indexOf(query);
    const score = at === 0 ? (name.length === query.length ? 0 : 1) : at > 0 ? (/[^a-z0-9]/.test(name[at - 1]!) ? 2 : 3) : 4;
    scored.push({ ranked: { item, marks: at >= 0 ? [at, at + query.length] : undefined }, score, order });
  });
  return scored.sort((a, b) => a.score - b.score || a.order - b.order).map(({ ranked }) => ranked);
}
