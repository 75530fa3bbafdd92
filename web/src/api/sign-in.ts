// SPDX-License-Identifier: Apache-2.0
//
// Signing in and out. Not through the client: a wrong password is an answer here, not the end of a session.
import { problemOf, Problem } from "./client.ts";
import { session } from "./session.ts";

interface Signed {
  name: string;
  csrf_token: string;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(path, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch(() => {
    throw new Problem({ status: 0, detail: "souk does not answer. Is the server running?" });
  });
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as T;
}

export async function signIn(name: string, password: string): Promise<void> {
  const signed = await post<Signed>("/api/v1/session", { name, password });
  session.signedIn(signed.csrf_token);
}

/** Whose password the link sets; undefined: the first administrator's, who is yet to be named. */
export async function linkOwner(token: string): Promise<string | undefined> {
  return (await post<{ name?: string }>("/api/v1/setup:check", { token })).name;
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  const signed = await post<Signed>("/api/v1/setup", { token, password, ...(name ? { name } : {}) });
  session.signedIn(signed.csrf_token);
}

export async function checkKey(key: string): Promise<void> {
  const answer = await fetch("/api/v1/whoami", { headers: { Authorization: `Bearer ${key}` }, credentials: "omit" }).catch(() => {
    throw new Problem({ status: 0, detail: "souk does not answer. Is the server running?" });
  });
  if (!answer.ok) throw await problemOf(answer);
  session.take(key);
}

export async function signOut(): Promise<void> {
  if (!session.key()) {
    const token = await session.csrf();
    await fetch("/api/v1/session", { method: "DELETE", credentials: "same-origin", headers: { "X-Souk-CSRF": token } }).catch(() => undefined);
  }
  session.forget();
}
