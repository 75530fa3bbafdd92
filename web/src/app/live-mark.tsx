// SPDX-License-Identifier: Apache-2.0
import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { retryLive, useLive } from "../api/live.ts";
import { clock } from "../logic/format.ts";
import { Button } from "../ui/button.tsx";

function useSeconds(until: number | undefined): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === undefined) return;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

export function LiveMark() {
  const live = useLive();
  const seconds = useSeconds(live.kind === "waiting" ? live.retryAt : undefined);
  const [word, title, dot] =
    live.kind === "live" ? ["Live", "Everything here updates by itself", "bg-ok"]
    : live.kind === "waiting" ? [`Reconnecting${seconds > 0 ? `, ${seconds} s` : ""}`, `No answer since ${clock(live.since)}`, "border-[1.5px] border-warn"]
    : live.kind === "connecting" ? ["Connecting", "Opening the event stream", "border-[1.5px] border-info"]
    : live.kind === "asleep" ? ["Paused", "This tab was hidden; it catches up when it is seen", "border-[1.5px] border-idle"]
    : ["Signed out", "Sign in to see what changes", "border-[1.5px] border-warn"];
  return (
    <span role="status" title={title} data-live={live.kind} className={`flex items-center gap-1.5 px-2 text-12 whitespace-nowrap ${live.kind === "waiting" ? "text-warn" : "text-fg-2"}`}>
      <i aria-hidden className={`size-[7px] flex-none rounded-full ${dot}`} />
      <span className="max-phone:sr-only">{word}</span>
    </span>
  );
}

/** Stands over the page while souk does not answer; what is below is as old as it says. */
export function LostBanner() {
  const live = useLive();
  const [shown, setShown] = useState(false);
  const lost = live.kind === "waiting";
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), 1500); // a blink is not worth a word
    return () => clearTimeout(timer);
  }, [lost]);
  if (!shown || live.kind !== "waiting") return null;
  return (
    <div role="alert" className="mb-4 flex items-center gap-2.5 rounded-control border border-l-[3px] border-line border-l-warn bg-surface px-3 py-2">
      <WifiOff aria-hidden size={15} className="text-warn" />
      <p className="min-w-0 flex-1"><b className="font-medium">souk does not answer.</b> <span className="text-fg-2">You see the state of {clock(live.since)}. It comes back by itself.</span></p>
      <Button small onClick={retryLive}>Try now</Button>
    </div>
  );
}
