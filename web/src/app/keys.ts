// SPDX-License-Identifier: Apache-2.0
//
// The keyboard map. Single letters never fire while typing, and never through an open layer.
import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect } from "react";

export const keyMap: { group: string; keys: [keys: string[], does: string][] }[] = [
  { group: "Anywhere", keys: [[["Ctrl", "K"], "Search or run a command"], [["/"], "Filter the list, or search"], [["?"], "This map"], [["Esc"], "Close the top layer"]] },
  { group: "Go to", keys: [[["g", "m"], "Models"], [["g", "e"], "Experiments"], [["g", "d"], "Deployments"], [["g", "p"], "Playground"], [["g", "c"], "Catalogue"], [["g", "o"], "Operations"], [["g", "q"], "Queues"], [["g", "w"], "Webhooks"], [["g", "a"], "Access"], [["g", "s"], "Settings"], [["g", "r"], "API reference"]] },
  { group: "Lists", keys: [[["j"], "Next row"], [["k"], "Row before"], [["Enter"], "Open the row"], [["x"], "Mark a version or a run to compare"]] },
  { group: "Playground", keys: [[["Ctrl", "Enter"], "Send"], [["Ctrl", "Space"], "What may stand here, in JSON"], [["c"], "Clear the pad"], [["u"], "Undo a stroke"]] },
  { group: "Charts", keys: [[["drag"], "Zoom in"], [["Shift", "drag"], "Move along"], [["double click"], "Show all again"]] },
];

export function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

export function useKeys(openPalette: () => void, openMap: () => void): void {
  const navigate = useNavigate();
  useLayoutEffect(() => {
    let leader = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return openPalette();
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
      if (document.querySelector("[data-layer]")) return;
      if (Date.now() - leader < 1200) {
        leader = 0;
        const to = ({ m: "/models", e: "/experiments", d: "/deployments", p: "/playground", c: "/catalogue", o: "/operations", q: "/queues", w: "/webhooks", a: "/access/users", s: "/settings", r: "/reference" } as const)[event.key];
        if (to) {
          event.preventDefault();
          void navigate({ to });
        }
        return;
      }
      if (event.key === "g") leader = Date.now();
      else if (event.key === "?") openMap();
      else if (event.key === "/") {
        event.preventDefault();
        const filter = document.querySelector<HTMLInputElement>("input[data-filter]");
        if (filter) filter.focus();
        else openPalette();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate, openPalette, openMap]);
}
