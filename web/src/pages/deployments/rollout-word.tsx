// SPDX-License-Identifier: Apache-2.0
//
// The states of roll-outs, of their steps and checks: an icon, a word and a colour each.
import { CircleCheck, CircleDashed, CirclePause, CircleX, GitBranch, Hourglass, Loader, type LucideIcon, ShieldCheck, Undo2 } from "lucide-react";
import type { CheckResult, RolloutState, RolloutStep } from "../../api/types.ts";
import { cx } from "../../ui/cx.ts";

type Word = [icon: LucideIcon, word: string, colour: string, busy?: boolean];

const rollouts: Record<RolloutState, Word> = {
  PREPARING: [Loader, "Getting ready", "text-info", true],
  RUNNING: [GitBranch, "Rolling out", "text-info"],
  PAUSED: [CirclePause, "Paused", "text-warn"],
  KEEPING: [ShieldCheck, "Took over, the one before is kept", "text-info"],
  SUCCEEDED: [CircleCheck, "Took over", "text-ok"],
  ROLLED_BACK: [Undo2, "Rolled back", "text-bad"],
  ABORTED: [Undo2, "Taken back", "text-idle"],
};
const steps: Record<RolloutStep["state"], Word> = {
  PENDING: [CircleDashed, "To come", "text-idle"],
  RUNNING: [Loader, "Now", "text-info", true],
  PASSED: [CircleCheck, "Held", "text-ok"],
  FAILED: [CircleX, "Failed", "text-bad"],
  ENDED: [CircleDashed, "Left", "text-idle"],
};
const verdicts: Record<CheckResult["verdict"], Word> = {
  PASSED: [CircleCheck, "Holds", "text-ok"],
  FAILED: [CircleX, "Does not hold", "text-bad"],
  WAITING: [Hourglass, "Waits", "text-idle"],
};

function Mark({ word: [Icon, word, colour, busy], state }: { word: Word; state: string }) {
  return (
    <span data-state={state} className={cx("inline-flex items-center gap-1.5 whitespace-nowrap", colour)}>
      <Icon aria-hidden size={14} strokeWidth={1.75} className={busy ? "animate-turn" : undefined} />
      <span className={colour === "text-bad" || colour === "text-warn" ? undefined : colour === "text-idle" ? "text-fg-2" : "text-fg"}>{word}</span>
    </span>
  );
}

export const RolloutMark = ({ state }: { state: RolloutState }) => <Mark word={rollouts[state]} state={state} />;
export const StepMark = ({ state }: { state: RolloutStep["state"] }) => <Mark word={steps[state]} state={state} />;
export const VerdictMark = ({ state }: { state: CheckResult["verdict"] }) => <Mark word={verdicts[state]} state={state} />;
