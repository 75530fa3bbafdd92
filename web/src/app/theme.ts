// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";
const place = "souk.theme";
const listeners = new Set<() => void>();
const system = () => matchMedia("(prefers-color-scheme: dark)");

function read(): Theme {
  try {
    const kept = localStorage.getItem(place);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}
let theme: Theme = read();

function apply(): void {
  const dark = theme === "dark" || (theme === "system" && system().matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  listeners.forEach((tell) => tell());
}

export function startTheme(): void {
  system().addEventListener("change", apply);
  addEventListener("storage", (event) => {
    if (event.key !== place) return;
    theme = read();
    apply();
  });
  apply();
}

export function setTheme(wanted: Theme): void {
  theme = wanted;
  try {
    if (wanted === "system") localStorage.removeItem(place);
    else localStorage.setItem(place, wanted);
  } catch {
    /* holds until the page is left */
  }
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
