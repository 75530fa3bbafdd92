// SPDX-License-Identifier: Apache-2.0
//
// What all views of an experiment share: its runs as the address narrows and orders them, and which are marked.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo } from "react";
import * as reads from "../../api/experiments.ts";
import type { Run, RunStatus } from "../../api/types.ts";
import { filterOf, pickedRuns, sorted } from "../../logic/runs.ts";

export const route = getRouteApi("/experiments/$namespace/$experiment");
export const statuses: readonly RunStatus[] = ["RUNNING", "FINISHED", "FAILED", "KILLED", "SCHEDULED"];
const most = 20_000;

export function useRuns() {
  const { namespace, experiment } = route.useParams();
  const { filter = "", status, sort } = route.useSearch();
  const wanted = useDeferredValue(filter);
  const state = statuses.find((one) => one === status);
  const typed = filterOf(wanted);
  const whole = [typed && state ? `(${typed})` : typed, state ? `status = '${state}'` : ""].filter(Boolean).join(" AND ");
  const query = useInfiniteQuery({ ...reads.runs(namespace, experiment, whole), placeholderData: keepPreviousData });
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query;
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? [], [query.data]);
  // An order or a drawing of a part would lie, so the rest is read on.
  const more = hasNextPage && all.length < most;
  useEffect(() => {
    if (more && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [more, isFetchingNextPage, isError, fetchNextPage]);
  const runs = useMemo(() => sorted(all, sort), [all, sort]);
  return { query, runs, narrowed: whole !== "", more: hasNextPage };
}

export function usePicked(): { picked: number[]; toggle: (id: number) => void; set: (ids: readonly number[]) => void } {
  const { pick } = route.useSearch();
  const navigate = route.useNavigate();
  const picked = useMemo(() => pickedRuns(pick), [pick]);
  const set = (ids: readonly number[]) => void navigate({ to: ".", search: (old) => ({ ...old, pick: ids.join(",") || undefined }), replace: true, resetScroll: false });
  return { picked, set, toggle: (id) => set(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id].slice(-50)) };
}

/** The marked ones; where none is marked, the first few. */
export function chosenOf(runs: readonly Run[], picked: readonly number[], few: number): Run[] {
  const marked = runs.filter(({ id }) => picked.includes(id));
  return marked.length > 0 ? marked : runs.slice(0, few);
}
