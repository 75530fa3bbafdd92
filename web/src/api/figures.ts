// SPDX-License-Identifier: Apache-2.0
//
// What is measured rather than done comes on the event stream too. A query says in its `meta` which figures it shows;
// while one that does is on screen, the stream is asked for them (live.ts). They come as data, which the query takes in,
// or as a mark, which is another when what the query reads is.
import type { QueryCache, QueryClient } from "@tanstack/react-query";
import type { Figure } from "./types.ts";

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: {
      /** Such as "work" or "deployment:default/digits": those of GET /api/v1/figures. */
      figures?: string;
      /** The query's data, once this was told. */
      take?: (old: unknown, figure: Figure) => unknown;
    };
  }
}

/** What is shown on screen now. */
export function shownFigures(cache: QueryCache): string[] {
  const shown = new Set<string>();
  for (const query of cache.getAll()) {
    const of = query.meta?.figures;
    if (of !== undefined && query.getObserversCount() > 0) shown.add(of);
  }
  return [...shown].sort();
}

const marks = new WeakMap<QueryClient, Map<string, string>>();

/** Puts what was told into the queries that show it; what is only marked, or cannot be told, they read again. */
export function takeFigure(client: QueryClient, figure: Figure): void {
  const known = marks.get(client) ?? new Map<string, string>();
  marks.set(client, known);
  const mark = figure.mark ?? (figure.error ? `error ${figure.error.message}` : undefined);
  const old = known.get(figure.of);
  if (mark === undefined) known.delete(figure.of);
  else known.set(figure.of, mark);
  if (mark !== undefined && mark === old) return;
  for (const query of client.getQueryCache().getAll()) {
    if (query.meta?.figures !== figure.of) continue;
    const take = query.meta.take;
    if (take) client.setQueryData(query.queryKey, (data: unknown) => take(data, figure));
    else void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}
