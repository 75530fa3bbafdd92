// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary: one icon, one word and one colour for each state, everywhere.
import { Ban, CircleCheck, CircleDashed, CircleDot, CirclePause, CircleX, Clock, Download, Flame, Hourglass, Loader, LogOut, Moon, type LucideIcon } from "lucide-react";
import { cx } from "./cx.ts";
import { useChanged } from "./use-changed.ts";

interface Word {
  icon: LucideIcon;
  word: string;
  tone: "ok" | "warn" | "bad" | "info" | "idle";
  /** Real activity, and so allowed to move. */
  busy?: boolean;
}

const deployment: Record<string, Word> = {
  READY: { icon: CircleCheck, word: "Serving", tone: "ok" },
  PENDING: { icon: Loader, word: "Starting", tone: "info", busy: true },
  FAILED: { icon: CircleX, word: "Failed", tone: "bad" },
  STOPPED: { icon: CirclePause, word: "Stopped", tone: "idle" },
  NONE: { icon: CircleDashed, word: "Not deployed", tone: "idle" },
};
const replica: Record<string, Word> = {
  PENDING: { icon: Hourglass, word: "Pending", tone: "idle" },
  FETCHING: { icon: Download, word: "Fetching", tone: "info" },
  LOADING: { icon: Loader, word: "Loading", tone: "info", busy: true },
  WARMING: { icon: Flame, word: "Warming", tone: "info" },
  READY: { icon: CircleCheck, word: "Ready", tone: "ok" },
  DRAINING: { icon: LogOut, word: "Draining", tone: "idle" },
  UNLOADED: { icon: Moon, word: "Asleep", tone: "idle" },
  STOPPED: { icon: CirclePause, word: "Stopped", tone: "idle" },
  FAILED: { icon: CircleX, word: "Failed", tone: "bad" },
};

/** Of durable work, and of what runs it: queue items, operations, runs. */
const work: Record<string, Word> = {
  WAITING: { icon: Hourglass, word: "Waiting", tone: "idle" },
  QUEUED: { icon: Hourglass, word: "Queued", tone: "idle" },
  DELAYED: { icon: Clock, word: "Tried again later", tone: "warn" },
  RUNNING: { icon: Loader, word: "Running", tone: "info", busy: true },
  DONE: { icon: CircleCheck, word: "Done", tone: "ok" },
  REFUSED: { icon: Ban, word: "Refused", tone: "warn" },
  SUCCEEDED: { icon: CircleCheck, word: "Succeeded", tone: "ok" },
  FAILED: { icon: CircleX, word: "Failed", tone: "bad" },
  DEAD: { icon: CircleX, word: "Failed for good", tone: "bad" },
  CANCELLED: { icon: Ban, word: "Cancelled", tone: "idle" },
};
const principal: Record<string, Word> = {
  ACTIVE: { icon: CircleCheck, word: "Active", tone: "ok" },
  DISABLED: { icon: Ban, word: "Disabled", tone: "warn" },
  EXPIRED: { icon: Clock, word: "Expired", tone: "warn" },
  REVOKED: { icon: Ban, word: "Revoked", tone: "idle" },
};
/** Of a training run. */
const run: Record<string, Word> = {
  SCHEDULED: { icon: Hourglass, word: "Scheduled", tone: "idle" },
  RUNNING: { icon: Loader, word: "Running", tone: "info", busy: true },
  FINISHED: { icon: CircleCheck, word: "Finished", tone: "ok" },
  FAILED: { icon: CircleX, word: "Failed", tone: "bad" },
  KILLED: { icon: Ban, word: "Stopped", tone: "idle" },
};
const words = { deployment, replica, work, principal, run };
export type Of = keyof typeof words;

const colour = { ok: "text-ok", warn: "text-warn", bad: "text-bad", info: "text-info", idle: "text-idle" };

export function wordOf(of: Of, state: string): Word {
  return words[of][state] ?? { icon: CircleDot, word: state.charAt(0) + state.slice(1).toLowerCase(), tone: "idle" };
}

export function State({ of, state, note, className }: { of: Of; state: string; note?: string | undefined; className?: string }) {
  const { icon: Icon, word, tone, busy } = wordOf(of, state);
  const changed = useChanged(state);
  return (
    <span data-state={state} className={cx("inline-flex min-w-0 items-center gap-1.5 align-middle whitespace-nowrap", colour[tone], className)}>
      <Icon aria-hidden size={14} strokeWidth={1.75} className={busy ? "animate-turn" : undefined} />
      <span key={state} className={cx(changed && "animate-tint", tone === "bad" || tone === "warn" ? undefined : tone === "idle" ? "text-fg-2" : "text-fg")}>{word}</span>
      {note ? <span className="truncate text-12 text-fg-3">{note}</span> : null}
    </span>
  );
}
