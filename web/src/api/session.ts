// SPDX-License-Identifier: Apache-2.0
//
// The API key of this tab. It lives in sessionStorage: gone with the tab, never in a URL.
const place = "souk.key";

type Listener = () => void;
const listeners = new Set<Listener>();
let needed = false;

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
    listeners.forEach((tell) => tell());
  },
  /** The sign-in was asked for, not demanded, and is left again. */
  release(): void {
    needed = false;
    listeners.forEach((tell) => tell());
  },
  take(key: string): void {
    try {
      sessionStorage.setItem(place, key);
    } catch {
      /* storage refused: the key lasts until the page is left */
    }
    needed = false;
    listeners.forEach((tell) => tell());
  },
  forget(): void {
    try {
      sessionStorage.removeItem(place);
    } catch {
      /* nothing was kept */
    }
    needed = true;
    listeners.forEach((tell) => tell());
  },
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
