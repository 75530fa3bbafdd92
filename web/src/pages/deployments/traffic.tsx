// SPDX-License-Identifier: Apache-2.0
//
// Who gets the requests: the roll-out that is under way, or the shares that somebody gave by hand.
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronsRight, CirclePause, Play, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { changeDeployment } from "../../api/actions.ts";
import * as reads from "../../api/rollouts.ts";
import type { Deployment, Revision, Rollout } from "../../api/types.ts";
import { Refused } from "../../app/confirm.tsx";
import { age, clock } from "../../logic/format.ts";
import { planSaid } from "../../logic/strategy.ts";
import { Button } from "../../ui/button.tsx";
import { SplitBar } from "../../ui/drawn/split.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.ts";
import { StepDetail, Stairs, tellingStep } from "./rollout-steps.tsx";
import { RolloutMark } from "./rollout-word.tsx";

const MoveDialog = lazy(() => import("./move-dialog.tsx"));
const route = getRouteApi("/deployments/$namespace/$deployment");
export const versionsOf = (deployment: Deployment): Map<number, number> => new Map(deployment.revisions.map((revision) => [revision.number, revision.version]));

export function Traffic({ deployment }: { deployment: Deployment }) {
  const open = deployment.rollout && !reads.isOver(deployment.rollout.state) ? deployment.rollout.number : undefined;
  const rollout = useQuery({ ...reads.rollout(deployment.namespace, deployment.slug, open ?? 0), enabled: open !== undefined }).data;
  if (open !== undefined) return rollout ? <UnderWay deployment={deployment} rollout={rollout} /> : null;
  const sharing = deployment.revisions.filter((revision) => revision.traffic_percent > 0 || revision.shadow_percent > 0).sort((a, b) => a.number - b.number);
  return sharing.length > 1 ? <ByHand key={sharing.map((one) => `${one.number}:${one.traffic_percent}`).join()} deployment={deployment} sharing={sharing} /> : null;
}

function UnderWay({ deployment, rollout }: { deployment: Deployment; rollout: Rollout }) {
  const { show, step: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: { show?: string | undefined; step?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const versions = versionsOf(deployment);
  const name = (revision: number) => `v${versions.get(revision) ?? "?"}`;
  const step = rollout.steps.find((one) => String(one.number) === wanted) ?? rollout.steps.find((one) => one.number === tellingStep(rollout));
  const now = rollout.steps.find((one) => one.number === rollout.step);
  const waits = rollout.state === "PAUSED" && now !== undefined && now.duration_ms === undefined;
  const next = rollout.steps.find((one) => one.number === rollout.step + 1)?.weight ?? 100;
  const move = useMutation({
    mutationFn: (wish: reads.Move) => reads.moveRollout(rollout, wish),
    onSuccess: (_, wish) => {
      if (waits && wish === "resume") return;
      const back: reads.Move = wish === "pause" ? "resume" : "pause";
      toast.done(wish === "pause" ? "The roll-out is paused" : "The roll-out goes on", () => void reads.moveRollout(rollout, back).catch((cause: Error) => toast.failed("The roll-out was not changed", cause.message)));
    },
  });
  return (
    <Panel aria-label="Roll-out">
      <PanelHead title={`Roll-out ${rollout.number}`} note={`${name(rollout.stable)} → ${name(rollout.revision)}, by ${rollout.actor}, plan: ${planSaid(rollout.strategy)}`}>
        {rollout.state === "PAUSED" ? <Button small disabled={move.isPending} onClick={() => move.mutate("resume")}><Play aria-hidden />{waits ? `Go on to ${next} %` : "Resume"}</Button> : rollout.state === "RUNNING" ? <Button small disabled={move.isPending} onClick={() => move.mutate("pause")}><CirclePause aria-hidden />Pause</Button> : null}
        <Button small look="danger" onClick={() => set({ show: "abort" })}><Undo2 aria-hidden />Roll back</Button>
        <Button small look="primary" disabled={rollout.state === "PREPARING"} onClick={() => set({ show: "promote" })}><ChevronsRight aria-hidden />{rollout.state === "KEEPING" ? "Finish" : "Promote"}</Button>
      </PanelHead>
      <div className="grid gap-3 px-4 py-3">
        <p role="status" aria-label="Roll-out state" className="flex flex-wrap items-center gap-x-2"><RolloutMark state={rollout.state} /><span className="text-fg-2">{said(rollout, next)}</span></p>
        {rollout.reason ? <p className="wrap-anywhere text-fg-2">{rollout.reason}</p> : null}
        <SplitBar
          label="Traffic"
          shares={[{ key: "stable", share: 100 - rollout.weight, label: <>Before {name(rollout.stable)}</>, said: `${name(rollout.stable)} before` }, { key: "next", share: rollout.weight, label: <>New {name(rollout.revision)}</>, said: `${name(rollout.revision)} new` }]}
          marks={[...new Set(rollout.steps.map((one) => one.weight))].map((share) => ({ share, now: share === rollout.weight }))}
        />
        <Refused title="The roll-out was not changed" error={move.error} />
        {rollout.steps.length > 0 ? <Stairs rollout={rollout} chosen={step?.number ?? 0} choose={(number) => set({ step: String(number) })} /> : null}
      </div>
      {step ? <StepDetail rollout={rollout} step={step} versions={versions} /> : null}
      {show === "promote" || show === "abort" ? <Suspense><MoveDialog rollout={rollout} move={show} versions={versions} onClose={() => set({ show: undefined })} /></Suspense> : null}
    </Panel>
  );
}

function said(rollout: Rollout, next: number): string {
  const at = rollout.next_time ? `at ${clock(rollout.next_time)}` : undefined;
  const checked = rollout.strategy.analysis.length > 0;
  switch (rollout.state) {
    case "PREPARING":
      return `since ${age(rollout.create_time, Date.now())}; nothing changes until the new revision is ready`;
    case "RUNNING":
      return `${at ? `${next} % ${at}` : `then ${next} %`}${checked ? " if every check holds. One that fails takes all back at once" : ""}`;
    case "PAUSED":
      return `at ${rollout.weight} %, until you go on${checked ? ". Checks are judged all the same" : ""}`;
    case "KEEPING":
      return `All requests go there. ${at ? `The one before is let go ${at}` : "Finish lets the one before go"}`;
    default:
      return "";
  }
}

/** Two revisions share by hand: the share is drawn, and given when asked. */
function ByHand({ deployment, sharing }: { deployment: Deployment; sharing: Revision[] }) {
  const newer = sharing.at(-1)!;
  const [share, setShare] = useState(newer.traffic_percent);
  const give = useMutation({
    mutationFn: (shares: { revision: number; weight: number }[]) => changeDeployment(deployment.namespace, deployment.slug, { traffic: shares }),
    onSuccess: (_, shares) => {
      const before = sharing.map((one) => ({ revision: one.number, weight: one.traffic_percent, ...(one.shadow_percent ? { shadow: one.shadow_percent } : {}) }));
      toast.done(shares.length === 1 ? `v${sharing.find((one) => one.number === shares[0]!.revision)?.version} answers all requests` : `v${newer.version} gets ${shares.at(-1)!.weight} %`, () => void changeDeployment(deployment.namespace, deployment.slug, { traffic: before }).catch((cause: Error) => toast.failed("The traffic was not changed", cause.message)));
    },
  });
  const two = sharing.length === 2;
  const shares = two ? [{ of: sharing[0]!, share: 100 - share }, { of: newer, share }] : sharing.map((of) => ({ of, share: of.traffic_percent }));
  const changed = two && share !== newer.traffic_percent;
  return (
    <Panel aria-label="Traffic">
      <PanelHead title="Traffic" note="given by hand, no roll-out is under way">
        {sharing.map((one) => (
          <Button key={one.number} small look={one === newer ? "primary" : "plain"} disabled={give.isPending} onClick={() => give.mutate([{ revision: one.number, weight: 100 }])}>All to v{one.version}</Button>
        ))}
      </PanelHead>
      <div className="grid gap-3 px-4 py-3">
        <SplitBar label="Traffic" shares={shares.map(({ of, share: part }) => ({ key: of.number, share: part, label: <>v{of.version} <span className="text-12 text-fg-3">r{of.number}{of.shadow_percent ? `, copies of ${of.shadow_percent} %` : ""}</span></>, said: `v${of.version}` }))}>
          {two ? (
            <input
              type="range" min={0} max={100} dir="rtl" aria-label={`Share of v${newer.version}`} aria-valuetext={`${share} % to v${newer.version}`} value={share}
              onChange={(event) => setShare(Number(event.target.value))}
              className="split-handle absolute inset-x-0 -top-1 h-5.5 w-full"
            />
          ) : null}
        </SplitBar>
        {changed ? (
          <p className="flex items-center gap-2">
            <Button small look="primary" disabled={give.isPending} onClick={() => give.mutate(shares.map(({ of, share: weight }) => ({ revision: of.number, weight })))}>Give v{newer.version} {share} %</Button>
            <Button small look="quiet" onClick={() => setShare(newer.traffic_percent)}>Leave it at {newer.traffic_percent} %</Button>
          </p>
        ) : two ? <p className="text-12 text-fg-3">Drag the handle, or move it with the arrow keys.</p> : null}
        <Refused title="The traffic was not changed" error={give.error} />
      </div>
    </Panel>
  );
}
