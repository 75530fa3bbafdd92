// SPDX-License-Identifier: Apache-2.0
//
// For what the page itself does not show, and for undo. Nothing else makes a toast.

export interface Said {
  tone: "ok" | "bad";
  title: string;
  description?: string;
  undo?: () => void;
}

type Listener = (said: Said) => void;
let listener: Listener | undefined;
let waiting: Said[] = [];
let wake: (() => void) | undefined;

function say(said: Said): void {
  if (listener) return listener(said);
  waiting.push(said);
  wake?.();
}

export const toast = {
  done: (title: string, undo?: () => void): void => say({ tone: "ok", title, ...(undo && { undo }) }),
  failed: (title: string, description: string): void => say({ tone: "bad", title, description }),
};

/** The frame is told when the first toast waits, and loads what draws them. */
export function onFirstToast(run: () => void): () => void {
  wake = run;
  if (waiting.length > 0) run();
  return () => (wake = undefined);
}

export function drawToasts(draw: Listener): () => void {
  listener = draw;
  const all = waiting;
  waiting = [];
  all.forEach(draw);
  return () => (listener = undefined);
}
