// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Fragment } from "react";
import * as reads from "../../api/rollouts.ts";
import type { Deployment, Rollout } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { age } from "../../logic/format.ts";
import { planSaid } from "../../logic/strategy.ts";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";
import { Stairs, StepDetail, tellingStep } from "./rollout-steps.tsx";
import { RolloutMark } from "./rollout-word.tsx";
import { versionsOf } from "./traffic.tsx";

const route = getRouteApi("/deployments/$namespace/$deployment");

/** Roll-outs that are over, the newest first; each opens to its steps and what they were judged by. */
export function Rollouts({ deployment }: { deployment: Deployment }) {
  const { rollout: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(reads.rollouts(deployment.namespace, deployment.slug));
  if (error) return <Failure what="the roll-outs" problem={error} retry={() => void refetch()} />;
  const over = data?.filter((one) => reads.isOver(one.state)) ?? [];
  if (over.length === 0) return null;
  const versions = versionsOf(deployment);
  const toggle = (number: number) => void navigate({ search: (old) => ({ ...old, rollout: opened === String(number) ? undefined : String(number), step: undefined }), replace: true, resetScroll: false });
  return (
    <Panel aria-label="Roll-outs that are over">
      <PanelHead title="Roll-outs that are over" note={String(over.length)} />
      <div className="relative overflow-x-auto">
        <table className="whitespace-nowrap">
          <thead><tr><th>Roll-out</th><th>How it ended</th><th className="max-wide:hidden">Plan</th><th className="max-phone:hidden">By</th><th className="text-right! max-phone:hidden">Took</th><th className="text-right!">Ended</th></tr></thead>
          <tbody>
            {over.map((one) => {
              const is = opened === String(one.number);
              return (
                <Fragment key={one.number}>
                  <tr className="[&>td]:h-10">
                    <td><button type="button" aria-expanded={is} onClick={() => toggle(one.number)} className="inline-flex items-center gap-1.5 hover:underline">{is ? <ChevronDown aria-hidden size={14} /> : <ChevronRight aria-hidden size={14} />}<span className="num">{one.number}</span> <span className="font-mono text-12">v{versions.get(one.stable) ?? "?"} → v{versions.get(one.revision) ?? "?"}</span></button></td>
                    <td className="w-full max-w-0 min-w-40"><span className="flex min-w-0 items-center gap-2"><RolloutMark state={one.state} /><span className="truncate text-12 text-fg-3" title={one.reason}>{one.reason}</span></span></td>
                    <td className="max-wide:hidden"><span className="block max-w-56 truncate text-fg-2">{planSaid(one.strategy)}</span></td>
                    <td className="max-phone:hidden">{one.actor}</td>
                    <td className="num text-right text-fg-2 max-phone:hidden">{age(one.create_time, Date.parse(one.end_time ?? one.update_time))}</td>
                    <td className="text-right text-fg-2"><When time={one.end_time ?? one.update_time} /></td>
                  </tr>
                  {is ? <tr><td colSpan={6} className="p-0! whitespace-normal"><Detail deployment={deployment} number={one.number} /></td></tr> : null}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Detail({ deployment, number }: { deployment: Deployment; number: number }) {
  const { data, error } = useQuery(reads.rollout(deployment.namespace, deployment.slug, number));
  if (error) return <Failure what={`roll-out ${number}`} problem={error} />;
  return data ? <Steps deployment={deployment} rollout={data} /> : <Bone className="late m-4 h-24 rounded-panel" />;
}

function Steps({ deployment, rollout }: { deployment: Deployment; rollout: Rollout }) {
  const { step: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const step = rollout.steps.find((one) => String(one.number) === wanted) ?? rollout.steps.find((one) => one.number === tellingStep(rollout));
  return (
    <div className="bg-sunken/40">
      <div className="grid gap-3 px-4 py-3">
        {rollout.reason ? <p className="wrap-anywhere text-fg-2">{rollout.reason}</p> : null}
        {rollout.steps.length > 0 ? <Stairs rollout={rollout} chosen={step?.number ?? 0} choose={(next) => void navigate({ search: (old) => ({ ...old, step: String(next) }), replace: true, resetScroll: false })} /> : <p className="text-fg-2">It had no steps: all requests at once.</p>}
      </div>
      {step ? <StepDetail rollout={rollout} step={step} versions={versionsOf(deployment)} /> : null}
    </div>
  );
}
