// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Backup } from "../api/types.ts";
import { backupSaid, operatorCommand, shellWord } from "../logic/backups.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const made: Backup = { machine: "vm", place: "/b", name: "n", time: "2026-11-22T09:00:00Z", rows: 1, blobs: 1, blob_bytes: 1, copied_bytes: 1, seconds: 1, lost: 0 };

const of = { program: "souk", options: "--data '/my data'" };

test("the newest backup says whether one may sleep", () => {
  expect(backupSaid(undefined, now, of)).toMatchObject({ tone: "warn", title: "No backup is known" });
  expect(backupSaid(made, now, of)).toMatchObject({ tone: "ok", todo: { command: "souk backup /b --verify --data '/my data'" } });
  expect(backupSaid({ ...made, verify_time: "2026-11-22T10:00:00Z" }, now, of)).toEqual({ tone: "ok", title: "Saved 3 h ago, and read back whole" });
  expect(backupSaid({ ...made, time: "2026-11-20T09:00:00Z" }, now, of)).toMatchObject({ tone: "warn", todo: { command: "souk backup /b --data '/my data'" } });
  expect(backupSaid({ ...made, damage: "blob rotten" }, now, of)).toMatchObject({ tone: "bad" });
  expect(backupSaid({ ...made, lost: 2 }, now, of)).toMatchObject({ tone: "bad", todo: { command: "souk doctor --verify --data '/my data'" } });
});

test("a command is pasted as it stands, whatever the place is called", () => {
  expect(backupSaid({ ...made, place: "/it's b" }, now, of).todo!.command).toBe(`souk backup '/it'\\''s b' --verify --data '/my data'`);
  expect(["/a/b-c_1.d", "", "a b", "$(id)"].map(shellWord)).toEqual(["/a/b-c_1.d", "''", "'a b'", "'$(id)'"]);
  expect(operatorCommand(undefined, "doctor")).toBe("souk doctor");
});
