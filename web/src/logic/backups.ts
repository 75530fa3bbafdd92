// SPDX-License-Identifier: Apache-2.0
//
// Whether the newest backup is good enough to sleep by.
import type { Backup, OperatorCommand } from "../api/types.ts";
import { relative } from "./format.ts";

const day = 86_400_000;
/** One a day is asked for; an hour is given to the one that is late. */
const late = day + 3_600_000;

export interface Said {
  tone: "ok" | "warn" | "bad";
  title: string;
  todo?: { say: string; command: string };
}

/** As one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command of the server's machine that finds this server's data, whichever folder it is pasted in. */
export function operatorCommand(of: OperatorCommand | undefined, words: string): string {
  return of ? `${of.program} ${words} ${of.options}` : `souk ${words}`;
}

export function backupSaid(newest: Backup | undefined, now: number, of: OperatorCommand | undefined): Said {
  const command = (words: string) => operatorCommand(of, words);
  if (!newest) return { tone: "warn", title: "No backup is known", todo: { say: "Make one a day, beside the running server:", command: command("backup /backups/souk --keep 14") } };
  const place = shellWord(newest.place);
  const again = { say: "Make another:", command: command(`backup ${place}`) };
  const made = relative(newest.time, now);
  if (newest.damage) return { tone: "bad", title: `The newest backup is damaged: ${newest.damage}`, todo: again };
  if (newest.lost > 0) return { tone: "bad", title: `The newest backup lacks ${newest.lost} blobs, which were lost before it`, todo: { say: "See which, and what uses them:", command: command("doctor --verify") } };
  if (now - Date.parse(newest.time) > late) return { tone: "warn", title: `The newest backup was made ${made}`, todo: again };
  if (!newest.verify_time) return { tone: "ok", title: `Saved ${made}`, todo: { say: "It was not read back yet:", command: command(`backup ${place} --verify`) } };
  return { tone: "ok", title: `Saved ${made}, and read back whole` };
}
