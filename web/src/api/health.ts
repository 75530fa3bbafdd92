// SPDX-License-Identifier: Apache-2.0
//
// Is the server well: what /readyz says and the figures of /metrics, measured while a page shows them; and what souk
// doctor finds, which starts a process and writes to disks, so it looks more seldom.
import { queryOptions } from "@tanstack/react-query";
import { summaryOf } from "../logic/exposition.ts";
import { at, call, callJson } from "./client.ts";
import type { Backup, Diagnosis, StorageUse } from "./types.ts";

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

export const lookEvery = 60_000;
export const diagnosis = queryOptions({ queryKey: ["health", "doctor"], queryFn: ({ signal }) => callJson<Diagnosis>(at("/api/v1/doctor", {}), { signal }), refetchInterval: lookEvery, refetchOnMount: "always" });
/** Made by another process, which makes no event. */
export const backups = queryOptions({ queryKey: ["health", "backups"], queryFn: async ({ signal }) => (await callJson<{ backups: Backup[] }>(at("/api/v1/backups", {}), { signal })).backups, refetchInterval: 15_000, refetchOnMount: "always" });
export const storage = queryOptions({ queryKey: ["server", "storage"], queryFn: ({ signal }) => callJson<StorageUse>(at("/api/v1/storage", {}), { signal }) });
