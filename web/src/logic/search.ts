// SPDX-License-Identifier: Apache-2.0
//
// Finding by a few letters: every word must occur; what begins with them comes first, then what has them at the start
// of a word, then the rest.

export interface Ranked<T> {
  item: T;
  marks: [number, number] | undefined;
}

/** Of text in small letters. */
export function finder(wanted: string): (low: string) => boolean {
  const words = wanted.toLowerCase().split(/\s+/);
  return (low) => words.every((word) => low.includes(word));
}
export function matches(text: string, wanted: string): boolean {
  return finder(wanted)(text.toLowerCase());
}

/** The same as a filter of the server's lists, for lists too long to be read whole. */
export function textFilter(wanted: string, columns: readonly string[] = ["slug", "name", "description"]): string {
  const words = wanted.trim().split(/\s+/).filter(Boolean).slice(0, 8);
  // A backslash could escape the pattern's own signs; "any one character" stands for it.
  const pattern = (word: string) => `'%${word.replaceAll("\\", "_").replace(/[%_]/g, "\\$&").replaceAll("'", "\\'")}%'`;
  return words.map((word) => `(${columns.map((column) => `${column} ILIKE ${pattern(word)}`).join(" OR ")})`).join(" AND ");
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
