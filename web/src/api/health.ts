// SPDX-License-Identifier: Apache-2.0
//
// Is the server well: whether it is ready and its figures, as they are told while a page shows them; and what souk doctor
// finds, which starts a process and writes to disks: it looks when it is asked to, and when something may be another.
import { queryOptions } from "@tanstack/react-query";
import { at, callJson } from "./client.ts";
import { withPage } from "./queries.ts";
import type { Backup, Diagnosis, Figure, HealthFigures, StorageUse } from "./types.ts";

export const health = queryOptions<HealthFigures>({
  queryKey: ["health", "figures"],
  queryFn: async ({ signal }) => (await callJson<{ figures: Figure[] }>(withPage(at("/api/v1/figures", {}), { of: "health" }), { signal })).figures[0]!.health!,
  meta: { figures: "health", take: (old, { health }) => health ?? old },
});

/** The alerts that docs/operations.md asks for, where one holds. */
export function alarms(now: HealthFigures): { silent: boolean; full: boolean; files: boolean } {
  return { silent: now.database_silence_seconds > 5, full: now.disk_free_bytes !== undefined && now.disk_free_bytes < 5e9, files: now.open_files > 0.8 * now.max_files };
}

export const diagnosis = queryOptions({ queryKey: ["health", "doctor"], queryFn: ({ signal }) => callJson<Diagnosis>(at("/api/v1/doctor", {}), { signal }) });
export const backups = queryOptions({ queryKey: ["health", "backups"], queryFn: async ({ signal }) => (await callJson<{ backups: Backup[] }>(at("/api/v1/backups", {}), { signal })).backups, meta: { figures: "backups" } });
export const storage = queryOptions({ queryKey: ["server", "storage"], queryFn: ({ signal }) => callJson<StorageUse>(at("/api/v1/storage", {}), { signal }) });
