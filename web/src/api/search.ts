// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from "@tanstack/react-query";
import { at, callJson } from "./client.ts";
import { withPage } from "./queries.ts";
import type { SearchAnswer } from "./types.ts";

/** One box over models, experiments and runs. The index follows the events by a moment, so nothing is kept long. */
export const search = (q: string, most: number) =>
  queryOptions({ queryKey: ["search", q, most], enabled: q.trim() !== "", staleTime: 2_000, queryFn: ({ signal }) => callJson<SearchAnswer>(withPage(at("/api/v1/search", {}), { q, page_size: String(most) }), { signal }) });
