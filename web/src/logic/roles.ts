// SPDX-License-Identifier: Apache-2.0
//
// Roles and actions in words. Each role includes those before it.
import type { Action, Role } from "../api/types.ts";

export const roles: readonly Role[] = ["READER", "EXECUTOR", "WRITER", "ADMIN", "OWNER"];

const said: Record<Role, [name: string, may: string]> = {
  NONE: ["None", "nothing here"],
  READER: ["Reader", "see and pull"],
  EXECUTOR: ["Executor", "also ask models"],
  WRITER: ["Writer", "also push, deploy and change"],
  ADMIN: ["Admin", "also share and delete"],
  OWNER: ["Owner", "everything, also give it away"],
};
export const roleName = (role: Role): string => said[role][0];
export const roleMay = (role: Role): string => said[role][1];

export const actions: readonly Action[] = ["READ", "INFER", "WRITE", "MANAGE", "OWN"];
const does: Record<Action, string> = { READ: "Read", INFER: "Ask models", WRITE: "Write", MANAGE: "Manage", OWN: "Own" };
export const actionName = (action: Action): string => does[action];

/** How long a key is good for, as the server takes it; empty: until it is revoked. */
export const lifetimes = [
  { value: "1d", label: "1 day" },
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "90d", label: "90 days" },
  { value: "365d", label: "1 year" },
  { value: "", label: "Until it is revoked" },
];

/** What a key is now: revoked and expired ones stay in the list for a while. */
export function keyState(key: { revoke_time?: string; expire_time?: string }, now: number): "ACTIVE" | "EXPIRED" | "REVOKED" {
  if (key.revoke_time && Date.parse(key.revoke_time) <= now) return "REVOKED";
  return key.expire_time && Date.parse(key.expire_time) <= now ? "EXPIRED" : "ACTIVE";
}

/** The server's rule for names of users, teams and service accounts; what it refuses besides, it says. */
export function validPerson(name: string): boolean {
  return /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name) && name.length <= 128;
}

export const wrongName = (name: string): string | undefined => (name && !validPerson(name) ? "Small letters, digits and single . _ - between them, at most 128" : undefined);

/** A line of a key's scopes as it is filled in. */
export interface ScopeDraft {
  actions: readonly Action[];
  on: "all" | "namespace" | "model" | "deployment";
  name: string;
}
export const emptyScope: ScopeDraft = { actions: ["READ"], on: "all", name: "" };

/** The lines that are complete, as the server takes them. */
export function scopesOf(drafts: readonly ScopeDraft[]): { actions: Action[]; namespace?: string; model?: string; deployment?: string }[] {
  return drafts.flatMap(({ actions: chosen, on, name }) => {
    if (chosen.length === 0 || (on !== "all" && !name.trim())) return [];
    return [{ actions: actions.filter((action) => chosen.includes(action)), ...(on === "all" ? {} : { [on]: name.trim() }) }];
  });
}

/** The browser and the system of a User-Agent, as far as they are known. */
export function browserName(agent: string): string {
  const browsers: [RegExp, string][] = [[/Edg\//, "Edge"], [/Firefox\//, "Firefox"], [/Chrom(e|ium)\/|HeadlessChrome/, "Chrome"], [/Safari\//, "Safari"], [/^souk/i, "souk"], [/^curl/, "curl"]];
  const systems: [RegExp, string][] = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];
  const of = (all: [RegExp, string][]) => all.find(([pattern]) => pattern.test(agent))?.[1];
  return [of(browsers) ?? (agent.slice(0, 40) || "Unknown"), of(systems)].filter(Boolean).join(" on ");
}
