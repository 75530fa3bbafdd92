// SPDX-License-Identifier: Apache-2.0
//
// The log of a deployment as people read it: one line for what belongs together.
import type { LogEntry } from "../api/types.ts";

export interface Happening {
  time: string;
  tone: "ok" | "bad" | "warn" | "info" | "idle";
  icon: "ready" | "failed" | "rollout" | "begins" | "hand" | "stopped" | "other";
  title: string;
  note?: string;
}

const stages: Record<string, string> = { PENDING: "waited", FETCHING: "fetched", LOADING: "loaded", WARMING: "warmed", DRAINING: "finished its requests" };
const rollouts: Record<string, [title: string, tone: Happening["tone"]]> = {
  PREPARING: ["gets ready", "info"],
  RUNNING: ["goes on", "info"],
  PAUSED: ["paused", "warn"],
  KEEPING: ["has all requests, the one before is kept", "info"],
  SUCCEEDED: ["took over", "ok"],
  ROLLED_BACK: ["rolled back", "bad"],
  ABORTED: ["taken back", "idle"],
};

/** Newest first; `versions` by revision. */
export function happeningsOf(entries: readonly LogEntry[], versions: ReadonlyMap<number, number>): Happening[] {
  const name = (revision: string) => (versions.has(Number(revision)) ? `v${versions.get(Number(revision))}` : `revision ${revision}`);
  const found: Happening[] = [];
  /** What a replica went through since it was last at rest, by revision and node. */
  const under = new Map<string, string[]>();
  for (const { time, level, message } of [...entries].sort((a, b) => (a.time < b.time ? -1 : 1))) {
    const [, revision, node, state, reason] = /^revision (\d+) on (\S+) is ([A-Z]+)(?:: ([\s\S]*))?$/.exec(message) ?? [];
    if (revision !== undefined && node !== undefined && state !== undefined) {
      const key = `${revision} ${node}`;
      const stage = stages[state];
      if (stage !== undefined) under.set(key, [...(under.get(key) ?? []), stage]);
      const through = under.get(key)?.filter((one) => one !== "waited") ?? [];
      if (state === "READY") found.push({ time, tone: "ok", icon: "ready", title: `${name(revision)} is ready on ${node}`, ...(through.length > 0 && { note: through.join(", ") }) });
      else if (state === "FAILED") found.push({ time, tone: "bad", icon: "failed", title: `${name(revision)} failed on ${node}`, ...(reason && { note: reason }) });
      else if (state === "STOPPED" || state === "UNLOADED") found.push({ time, tone: "idle", icon: "stopped", title: `${name(revision)} is ${state === "STOPPED" ? "stopped" : "unloaded"} on ${node}`, ...(reason ? { note: reason } : through.length > 0 ? { note: through.join(", ") } : {}) });
      if (stage === undefined) under.delete(key);
      continue;
    }
    const [, number, to, became, step, weight, why] = /^roll-out (\d+) to revision (\d+): ([A-Z_]+)(?:, step (\d+) with (\d+) %)?(?:: ([\s\S]*))?$/.exec(message) ?? [];
    if (number !== undefined && to !== undefined && became !== undefined) {
      const [said, tone] = rollouts[became] ?? [became.toLowerCase(), "idle"];
      const title = weight === undefined ? `Roll-out ${number}: ${name(to)} ${said}` : `${name(to)} to ${weight} %`;
      found.push({ time, tone, icon: "rollout", title, ...(why ? { note: why } : weight === undefined ? {} : { note: `roll-out ${number}, step ${step}` }) });
      continue;
    }
    const [, of, version] = /^revision (\d+) runs version (\d+)/.exec(message) ?? [];
    const bad = /^(err|fatal)/i.test(level);
    if (of !== undefined) found.push({ time, tone: "info", icon: "begins", title: `v${version} begins`, note: `revision ${of}` });
    else found.push({ time, tone: bad ? "bad" : /^warn/i.test(level) ? "warn" : "idle", icon: bad ? "failed" : /^(changed|deployed|stopped|started) by/.test(message) ? "hand" : "other", title: message.charAt(0).toUpperCase() + message.slice(1) });
  }
  return found.reverse();
}
