// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Rocket, Undo2 } from "lucide-react";
import { Fragment } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { bytes, milliseconds, plural } from "../../logic/format.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { AliasChip } from "../../ui/chip.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";

/** Each revision with its replicas; the newest first. */
export function Revisions({ deployment }: { deployment: Deployment }) {
  const aliases = useQuery(queries.model(deployment.model_namespace, deployment.model)).data?.aliases ?? [];
  return (
    <Panel aria-label="Revisions">
      <PanelHead title="Revisions" note={plural(deployment.revisions.length, "revision")} />
      <div className="relative overflow-x-auto">
        <table className="whitespace-nowrap">
          <thead><tr><th>Revision</th><th className="text-right!">Traffic</th><th>State</th><th className="text-right! max-phone:hidden">Load</th><th className="text-right! max-phone:hidden">Memory</th><th className="text-right! max-phone:hidden">Since</th><th className="max-phone:hidden"><span className="sr-only">Actions</span></th></tr></thead>
          <tbody>
            {deployment.revisions.map((revision, i) => {
              const again = revision.traffic_percent === 0 && revision.version !== deployment.version && revision.version > 0 ? <Again deployment={deployment} version={revision.version} older={revision.number < deployment.revision} /> : null;
              return (
              <Fragment key={revision.number}>
                <tr className="[&>td]:h-10">
                  <td className="w-full"><span className="flex flex-wrap items-center gap-x-2 max-phone:py-1.5"><b className="font-mono text-12 font-strong">v{revision.version}</b>{aliases.filter((alias) => alias.version === revision.version).map((alias) => <AliasChip key={alias.name} name={alias.name} />)}<span className="text-12 text-fg-3">r{revision.number}</span><Differs deployment={deployment} at={i} /><span className="phone:hidden">{again}</span></span></td>
                  <td className="text-right">{revision.traffic_percent} %{revision.shadow_percent ? <span className="block text-11 text-fg-3">copies of {revision.shadow_percent} %</span> : null}</td>
                  <td><State of="replica" state={revision.state} note={revision.replicas.length > 1 ? `${revision.replicas.filter((replica) => replica.state === "READY").length} of ${revision.replicas.length}` : undefined} /></td>
                  <td className="max-phone:hidden" /><td className="max-phone:hidden" />
                  <td className="text-right text-fg-2 max-phone:hidden"><When time={revision.create_time} /></td>
                  <td className="w-px pl-0! text-right max-phone:hidden">{again}</td>
                </tr>
                {revision.replicas.map((replica) => (
                  <Fragment key={replica.node}>
                  <tr className="text-12 text-fg-2 [&>td]:h-8 [&>td]:bg-sunken/50">
                    <td className="pl-8!">on <code>{replica.node}</code>{replica.memory_bytes ? <span className="num text-fg-3 phone:hidden"> · {bytes(replica.memory_bytes)}</span> : null}</td>
                    <td />
                    <td><State of="replica" state={replica.state} /></td>
                    <td className="text-right max-phone:hidden">{replica.load_ms ? milliseconds(replica.load_ms) : ""}</td>
                    <td className="text-right max-phone:hidden">{replica.memory_bytes ? bytes(replica.memory_bytes) : ""}</td>
                    <td className="text-right max-phone:hidden"><When time={replica.update_time} /></td>
                    <td className="max-phone:hidden" />
                  </tr>
                  {replica.reason && replica.reason !== deployment.reason ? (
                    <tr className="text-12 [&>td]:bg-sunken/50"><td colSpan={7} className="pb-2 pl-8! wrap-anywhere whitespace-normal text-bad">{replica.reason}</td></tr>
                  ) : null}
                  </Fragment>
                ))}
              </Fragment>
              );
            })}
          </tbody>
        </table>
      </div>
      {deployment.revisions.length === 0 ? <p className="px-4 py-3 text-fg-2">No revision yet.</p> : null}
    </Panel>
  );
}

/** Opens what would bring that version back. */
function Again({ deployment, version, older }: { deployment: Deployment; version: number; older: boolean }) {
  return (
    <ButtonLink small look="quiet" aria-label={`Deploy v${version} again`} to="/deployments/$namespace/$deployment" params={{ namespace: deployment.namespace, deployment: deployment.slug }} search={(old) => ({ ...old, show: "deploy", to: String(version) })} resetScroll={false}>
      {older ? <Undo2 aria-hidden /> : <Rocket aria-hidden />}{older ? "Go back" : "Try again"}
    </ButtonLink>
  );
}

/** Opens what came with a revision, where one before it ran another version. */
function Differs({ deployment, at }: { deployment: Deployment; at: number }) {
  const now = deployment.revisions[at]!;
  const before = deployment.revisions.slice(at + 1).find((one) => one.version !== now.version);
  if (!before) return null;
  return (
    <Link to="/deployments/$namespace/$deployment" params={{ namespace: deployment.namespace, deployment: deployment.slug }} search={(old) => ({ ...old, show: "differs", from: String(before.number), to: String(now.number) })} resetScroll={false} className="link text-12">
      what differs from v{before.version}
    </Link>
  );
}
