// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Backup } from "../api/types.ts";
import { backupSaid } from "../logic/backups.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const made: Backup = { machine: "vm", place: "/b", name: "n", time: "2026-11-22T09:00:00Z", rows: 1, blobs: 1, blob_bytes: 1, copied_bytes: 1, seconds: 1, lost: 0 };

test("the newest backup says whether one may sleep", () => {
  expect(backupSaid(undefined, now)).toMatchObject({ tone: "warn", title: "No backup is known" });
  expect(backupSaid(made, now)).toMatchObject({ tone: "ok", todo: { command: "souk backup /b --verify" } });
  expect(backupSaid({ ...made, verify_time: "2026-11-22T10:00:00Z" }, now)).toEqual({ tone: "ok", title: "Saved 3 h ago, and read back whole" });
  expect(backupSaid({ ...made, time: "2026-11-20T09:00:00Z" }, now)).toMatchObject({ tone: "warn", todo: { command: "souk backup /b" } });
  expect(backupSaid({ ...made, damage: "blob rotten" }, now)).toMatchObject({ tone: "bad" });
  expect(backupSaid({ ...made, lost: 2 }, now)).toMatchObject({ tone: "bad", todo: { command: "souk doctor --verify" } });
});
