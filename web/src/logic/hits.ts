// SPDX-License-Identifier: Apache-2.0
//
// What search finds, and the filters its box takes besides words: kind:, task:, state:, tag:KEY=VALUE, metric.NAME>0.9.
import type { SearchHit } from "../api/types.ts";

export const kinds = { model: "Models", experiment: "Experiments", run: "Runs" } as const;
export type Kind = keyof typeof kinds;
export const isKind = (text: string): text is Kind => text in kinds;

/** Where a hit has its page, by what it is called: "default/digits", of a run "default/mnist/5". */
export function placeOf(hit: SearchHit): { namespace: string; name: string; run?: string } | undefined {
  const [namespace, name, run] = hit.reference.split("/");
  return namespace && name ? { namespace, name, ...(run && { run }) } : undefined;
}

/** Terms stand apart by spaces; quotes keep some together. */
export function termsOf(text: string): string[] {
  return text.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}
/** The value of a filter such as kind: or tag: in the text, without its quotes. */
export function filterIn(text: string, key: string): string | undefined {
  return termsOf(text).map((term) => term.replaceAll('"', "")).find((term) => term.startsWith(`${key}:`))?.slice(key.length + 1);
}
/** The text with that filter set anew, or taken out. */
export function withFilter(text: string, key: string, value: string | undefined): string {
  const others = termsOf(text).filter((term) => !term.replaceAll('"', "").startsWith(`${key}:`));
  if (value) others.push(/[\s"]/.test(value) ? `${key}:"${value.replaceAll('"', "")}"` : `${key}:${value}`);
  return others.join(" ");
}
