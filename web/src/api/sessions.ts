// SPDX-License-Identifier: Apache-2.0
//
// Sessions, links that set a password, and the audit log.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { type Page, withPage } from "./queries.ts";
import { session } from "./session.ts";
import type { AuditEvent, Outcome, Session } from "./types.ts";

export async function changePassword(old_password: string, new_password: string): Promise<void> {
  await call(at("/api/v1/session:change_password", {}), { method: "POST", json: { old_password, new_password } });
  session.staleCsrf(); // the session goes on under another token
}
/** The path of a page that sets the user's password, once. */
export const makeLink = (user: string) => callJson<{ link: string; expire_time: string }>(at("/api/v1/users/{user}:link", { user }), { method: "POST" });

/** `user` empty: one's own. */
export const sessions = (user: string) =>
  queryOptions({ queryKey: ["access", "sessions", user], queryFn: async ({ signal }) => (await callJson<{ sessions: Session[] }>(withPage(at("/api/v1/sessions", {}), { user }), { signal })).sessions });
export async function endSession(id: number): Promise<void> {
  await call(at("/api/v1/sessions/{id}", { id }), { method: "DELETE" });
}
export async function endOthers(user: string): Promise<void> {
  await call(withPage(at("/api/v1/sessions", {}), { user }), { method: "DELETE" });
}

/** The newest first. Refusals make no events: the stream says when there are more. */
export const audit = (ns: string, outcome: Outcome | "", filter: string) => {
  const filters = [outcome ? `outcome = '${outcome}'` : "", filter].filter(Boolean).join(" AND ");
  return infiniteQueryOptions({
    queryKey: ["access", "audit", ns, filters],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Page & { audit_events: AuditEvent[] }>(withPage(ns ? at("/api/v1/namespaces/{ns}/audit_events", { ns }) : at("/api/v1/audit_events", {}), { filter: filters, page_size: "100", page_token: pageParam }), { signal }),
    getNextPageParam: (last) => last.next_page_token || undefined,
    meta: { figures: ns ? `namespace_audit:${ns}` : "audit" },
  });
};
