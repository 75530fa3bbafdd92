// SPDX-License-Identifier: Apache-2.0
//
// Is the server well: what /readyz says and the figures of /metrics, measured while a page shows them.
import { queryOptions } from "@tanstack/react-query";
import { summaryOf } from "../logic/exposition.ts";
import { call } from "./client.ts";

const measured = { refetchInterval: 3000, refetchOnMount: "always" } as const;

export const ready = queryOptions({
  queryKey: ["health", "ready"],
  queryFn: async ({ signal }) => {
    const answer = await call("/readyz", { signal, accept: [503] });
    return { ok: answer.ok, said: (await answer.text()).trim() };
  },
  ...measured,
});
export const figures = queryOptions({ queryKey: ["health", "figures"], queryFn: async ({ signal }) => summaryOf(await (await call("/metrics", { signal })).text()), ...measured });
