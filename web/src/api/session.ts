// SPDX-License-Identifier: Apache-2.0
//
// Who this tab is: a web session, whose cookie no script sees, or an API key in sessionStorage, gone with the tab.
const place = "souk.key";

type Listener = () => void;
const listeners = new Set<Listener>();
let needed = false;
let csrf: Promise<string> | undefined;

const tell = () => listeners.forEach((listener) => listener());

async function askCsrf(): Promise<string> {
  const answer = await fetch("/api/v1/session", { credentials: "same-origin", cache: "no-store" });
  return answer.ok ? ((await answer.json()) as { csrf_token: string }).csrf_token : "";
}

function read(): string {
  try {
    return sessionStorage.getItem(place) ?? "";
  } catch {
    return "";
  }
}

export const session = {
  key: read,
  /** True once the server has answered 401: the sign-in layer stands over the page until a key is taken. */
  needed: () => needed,
  demand(): void {
    if (needed) return;
    needed = true;
    tell();
  },
  /** What a change that comes by the cookie must carry; empty where there is no session. */
  csrf(): Promise<string> {
    csrf ??= askCsrf().catch(() => {
      csrf = undefined;
      return "";
    });
    return csrf;
  },
  /** The token is another's by now: another tab signed in anew. */
  staleCsrf(): void {
    csrf = undefined;
  },
  /** A sign-in by password went well: the browser has the cookie. */
  signedIn(token: string): void {
    try {
      sessionStorage.removeItem(place);
    } catch {
      /* nothing was kept */
    }
    csrf = Promise.resolve(token);
    needed = false;
    tell();
  },
  /** The sign-in was asked for, not demanded, and is left again. */
  release(): void {
    needed = false;
    tell();
  },
  take(key: string): void {
    try {
      sessionStorage.setItem(place, key);
    } catch {
      /* storage refused: the key lasts until the page is left */
    }
    needed = false;
    tell();
  },
  forget(): void {
    try {
      sessionStorage.removeItem(place);
    } catch {
      /* nothing was kept */
    }
    csrf = undefined;
    needed = true;
    tell();
  },
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
