// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from "react";
import { exact, relative } from "../logic/format.ts";

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((tell) => tell());
  }, 20_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** One clock for all times on a page; it ticks every 20 s. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function When({ time, className }: { time: string; className?: string }) {
  const clock = useNow();
  return (
    <time dateTime={time} title={exact(time)} className={className}>
      {relative(time, Math.max(clock, Date.now() - 20_000))}
    </time>
  );
}
