// SPDX-License-Identifier: Apache-2.0
//
// The figures of a deployment over time: those of this tab, for as long as it is open and whichever page it shows.
import { queryOptions } from "@tanstack/react-query";
import { type Kept, taken } from "../logic/figures.ts";
import { Problem } from "./client.ts";

interface Charted extends Kept {
  error?: Error;
}

export const charted = (ns: string, slug: string) =>
  queryOptions<Charted>({
    queryKey: ["charted", ns, slug],
    enabled: false, // it comes by the stream alone
    initialData: { points: [] },
    gcTime: Infinity,
    structuralSharing: false,
    meta: {
      figures: `deployment:${ns}/${slug}`,
      take: (old, { time, since, deployment, error }) => {
        const kept = (old ?? { points: [] }) as Charted;
        if (error) return { ...kept, error: new Problem({ status: 0, code: error.code, detail: error.message }) };
        return deployment ? taken(kept, { time, deployment, ...(since === undefined ? {} : { since }) }) : kept;
      },
    },
  });
