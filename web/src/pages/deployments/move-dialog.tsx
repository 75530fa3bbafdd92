// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { moveRollout } from "../../api/rollouts.ts";
import type { Rollout } from "../../api/types.ts";
import { Confirm, FormDialog } from "../../app/confirm.tsx";
import { durationSaid } from "../../logic/strategy.ts";

/** What giving all requests, or taking them back, will do. */
export default function MoveDialog({ rollout, move, versions, onClose }: { rollout: Rollout; move: "promote" | "abort"; versions: Map<number, number>; onClose: () => void }) {
  const doing = useMutation({ mutationFn: () => moveRollout(rollout, move), onSuccess: onClose });
  const before = `v${versions.get(rollout.stable) ?? "?"}`;
  const next = `v${versions.get(rollout.revision) ?? "?"}`;
  if (move === "abort") {
    return (
      <Confirm title={`Roll back to ${before}?`} action="Roll back" keep="Keep it" failed="It was not rolled back" doing={doing} onDo={() => doing.mutate()} onClose={onClose}>
        <p>All requests go to {before} at once; no request fails. {next} has {rollout.weight} % now and is unloaded. The roll-out ends, and its figures stay.</p>
      </Confirm>
    );
  }
  const keeps = rollout.strategy.keep_ms;
  return (
    <FormDialog title={rollout.state === "KEEPING" ? `Let ${before} go?` : `Give ${next} all requests?`} action={rollout.state === "KEEPING" ? "Finish" : "Promote"} failed="It was not promoted" doing={doing} onDo={() => doing.mutate()} onClose={onClose}>
      {rollout.state === "KEEPING" ? <p>{next} has all requests already. {before} is unloaded; going back then means deploying it again.</p> : <p>{next} gets 100 % at once instead of {rollout.weight} %; steps that are left are not judged. {keeps ? `${before} stays loaded for ${durationSaid(keeps)}: until then rolling back is one step.` : `${before} is unloaded.`}</p>}
    </FormDialog>
  );
}
