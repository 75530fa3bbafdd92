// SPDX-License-Identifier: Apache-2.0
//
// Who may do what: reads and changes. All reads begin with "access": a grant, a member or a team changes more than one
// of them. Only admins of everything hear these events, so a change made here also says so itself (useAccessChange).
import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { at, call, callJson } from "./client.ts";
import { all, withPage } from "./queries.ts";
import type { Accessor, ApiKey, Grant, MadeKey, Member, NewKey, Role, ServiceAccount, Team, User } from "./types.ts";

/** Where a role holds: everywhere, on a namespace, or on one object of it. */
export interface Place {
  ns?: string;
  model?: string;
  deployment?: string;
}

function pathOf({ ns, model, deployment }: Place): string {
  if (ns === undefined) return "/api/v1";
  if (model !== undefined) return at("/api/v1/namespaces/{ns}/models/{model}", { ns, model });
  if (deployment !== undefined) return at("/api/v1/namespaces/{ns}/deployments/{deployment}", { ns, deployment });
  return at("/api/v1/namespaces/{ns}", { ns });
}
export function sayPlace({ ns, model, deployment }: Place): string {
  if (ns === undefined) return "the server";
  return model !== undefined ? `the model ${ns}/${model}` : deployment !== undefined ? `the deployment ${ns}/${deployment}` : `the namespace ${ns}`;
}

export const users = queryOptions({ queryKey: ["access", "users"], queryFn: ({ signal }) => all<User>(at("/api/v1/users", {}), "users", signal) });
export const teams = queryOptions({ queryKey: ["access", "teams"], queryFn: ({ signal }) => all<Team>(at("/api/v1/teams", {}), "teams", signal) });
export const team = (name: string) => queryOptions({ queryKey: ["access", "teams", name], queryFn: ({ signal }) => callJson<Team>(at("/api/v1/teams/{team}", { team: name }), { signal }) });
export const members = (name: string) =>
  queryOptions({ queryKey: ["access", "members", name], queryFn: async ({ signal }) => (await callJson<{ members: Member[] }>(at("/api/v1/teams/{team}/members", { team: name }), { signal })).members });
export const accounts = (ns: string) =>
  queryOptions({ queryKey: ["access", "accounts", ns], queryFn: async ({ signal }) => (await callJson<{ service_accounts: ServiceAccount[] }>(at("/api/v1/namespaces/{ns}/service_accounts", { ns }), { signal })).service_accounts });
export const keys = queryOptions({ queryKey: ["access", "keys"], queryFn: async ({ signal }) => (await callJson<{ api_keys: ApiKey[] }>(at("/api/v1/api_keys", {}), { signal })).api_keys });
export const grants = (on: Place) => queryOptions({ queryKey: ["access", "grants", on], queryFn: async ({ signal }) => (await callJson<{ grants: Grant[] }>(`${pathOf(on)}/grants`, { signal })).grants });
/** Everybody who may do something there, and why. */
export const whoMay = (on: Place) => queryOptions({ queryKey: ["access", "who", on], queryFn: ({ signal }) => all<Accessor>(`${pathOf(on)}/access`, "principals", signal) });

const patch = (json: unknown) => ({ method: "PATCH", json, headers: { "Content-Type": "application/merge-patch+json" } });
const nothing = async (answer: Promise<unknown>): Promise<void> => void (await answer);

export const addUser = (body: { name: string; display_name?: string; role?: Role }) => callJson<User>(at("/api/v1/users", {}), { method: "POST", json: body });
export const changeUser = (user: string, body: { display_name?: string; state?: "ACTIVE" | "DISABLED"; role?: Role }) => callJson<User>(at("/api/v1/users/{user}", { user }), patch(body));
export const removeUser = (user: string, heir: string) => nothing(call(withPage(at("/api/v1/users/{user}", { user }), { heir }), { method: "DELETE" }));

export const addTeam = (body: { name: string; display_name?: string }) => callJson<Team>(at("/api/v1/teams", {}), { method: "POST", json: body });
export const changeTeam = (name: string, display_name: string) => callJson<Team>(at("/api/v1/teams/{team}", { team: name }), patch({ display_name }));
export const removeTeam = (name: string, heir: string) => nothing(call(withPage(at("/api/v1/teams/{team}", { team: name }), { heir }), { method: "DELETE" }));
export const setMember = (name: string, member: string, role: Role) => nothing(call(at("/api/v1/teams/{team}/members/{member}", { team: name, member }), { method: "PUT", json: { role } }));
export const removeMember = (name: string, member: string) => nothing(call(at("/api/v1/teams/{team}/members/{member}", { team: name, member }), { method: "DELETE" }));

export const addAccount = (ns: string, body: { name: string; display_name?: string; role?: Role }) => callJson<ServiceAccount>(at("/api/v1/namespaces/{ns}/service_accounts", { ns }), { method: "POST", json: body });
export const changeAccount = (ns: string, account: string, body: { state?: "ACTIVE" | "DISABLED"; display_name?: string }) => callJson<ServiceAccount>(at("/api/v1/namespaces/{ns}/service_accounts/{account}", { ns, account }), patch(body));
export const removeAccount = (ns: string, account: string) => nothing(call(at("/api/v1/namespaces/{ns}/service_accounts/{account}", { ns, account }), { method: "DELETE" }));

export const addGrant = (on: Place, to: string, role: Role) => callJson<Grant>(`${pathOf(on)}/grants`, { method: "POST", json: { to, role } });
export const removeGrant = (on: Place, id: number) => nothing(call(`${pathOf(on)}/grants/${id}`, { method: "DELETE" }));

export const makeKey = (body: NewKey) => callJson<MadeKey>(at("/api/v1/api_keys", {}), { method: "POST", json: body });
export const rotateKey = (id: number, overlap: string) => callJson<MadeKey>(at("/api/v1/api_keys/{id}:rotate", { id }), { method: "POST", json: { overlap } });
export const revokeKey = (id: number) => nothing(call(at("/api/v1/api_keys/{id}", { id }), { method: "DELETE" }));

export const accessChanged = (client: QueryClient): Promise<void> => client.invalidateQueries({ queryKey: ["access"] });

/** A change of access; what pages show of access is read again once it is done. */
export function useAccessChange<T, V = void>(run: (value: V) => Promise<T>, done?: (made: T) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (made: T) => {
      void accessChanged(client);
      done?.(made);
    },
  });
}
