// SPDX-License-Identifier: Apache-2.0
//
// Keyboard for lists: one row is in the tab order, j/k and the arrows move it, Enter opens it, x marks it where rows can
// be marked. The same on every list.
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

export interface Rows {
  active: number;
  rowProps: (index: number) => { tabIndex: number; "data-row": true; "data-index": number; onFocus: () => void };
  listProps: { ref: (node: HTMLElement | null) => void; onKeyDown: (event: KeyboardEvent) => void };
}

export function useRows(count: number, open: (index: number) => void, scrollTo?: (index: number) => void, mark?: (index: number) => void): Rows {
  const [active, setActive] = useState(0);
  const list = useRef<HTMLElement | null>(null);
  const wanted = useRef(-1);
  const at = Math.max(0, Math.min(active, count - 1));

  const focus = useCallback(
    (index: number) => {
      const next = Math.max(0, Math.min(index, count - 1));
      setActive(next);
      scrollTo?.(next);
      const row = list.current?.querySelector<HTMLElement>(`[data-index="${next}"]`);
      if (row) row.focus({ preventScroll: scrollTo !== undefined });
      else wanted.current = next; // a virtual row that is not there yet
    },
    [count, scrollTo],
  );

  useEffect(() => {
    if (wanted.current < 0) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = -1;
    row.focus({ preventScroll: true });
  });

  // j and k also enter the list from the page itself, as soon as rows are seen.
  useLayoutEffect(() => {
    const enter = (event: globalThis.KeyboardEvent) => {
      if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const element = document.activeElement as HTMLElement | null;
      if (count === 0 || element?.closest("input,textarea,select,[data-pad],[role=menu]") || list.current?.contains(element)) return;
      if (document.querySelector("[data-layer]")) return;
      event.preventDefault();
      focus(at);
    };
    addEventListener("keydown", enter);
    return () => removeEventListener("keydown", enter);
  }, [at, count, focus]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (!target.hasAttribute("data-row")) return;
    const moves: Record<string, number> = { j: at + 1, ArrowDown: at + 1, k: at - 1, ArrowUp: at - 1, Home: 0, End: count - 1, PageDown: at + 10, PageUp: at - 10 };
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      focus(move);
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(at);
    } else if (event.key === "x" && mark) {
      event.preventDefault();
      mark(at);
    }
  };

  return {
    active: at,
    rowProps: (index) => ({ tabIndex: index === at ? 0 : -1, "data-row": true, "data-index": index, onFocus: () => setActive(index) }),
    listProps: { ref: (node) => void (list.current = node), onKeyDown },
  };
}
