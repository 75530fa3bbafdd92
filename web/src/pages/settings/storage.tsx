// SPDX-License-Identifier: Apache-2.0
//
// Which models take the room, and what would be free without each.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Problem } from "../../api/client.ts";
import * as health from "../../api/health.ts";
import type { Server, StorageUse } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { bytes, plural } from "../../logic/format.ts";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

export function Storage({ server }: { server: Server | undefined }) {
  const query = useQuery(health.storage);
  const forbidden = query.error instanceof Problem && query.error.status === 403;
  return (
    <Panel aria-label="Storage">
      <PanelHead title="Storage" note={server ? `${bytes(server.storage_bytes)} kept, equal bytes once` : undefined} />
      {forbidden ? <p className="px-4 py-3 text-fg-2">Which model takes what is told to administrators.</p> : <Loaded query={query} what="what is stored" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>{({ models }) => <Models models={models} />}</Loaded>}
    </Panel>
  );
}

function Models({ models }: { models: StorageUse["models"] }) {
  if (models.length === 0) return <p className="px-4 py-3 text-fg-3">No version has bytes yet.</p>;
  const most = models[0]!.bytes;
  return (
    <div className="relative max-h-[255px] overflow-auto" tabIndex={0} role="group" aria-label="Storage by model, scrolls">
      <table aria-label="Storage by model">
        <thead><tr><th>Model</th><th className="max-phone:hidden"><span className="sr-only">Share</span></th><th className="text-right!">All versions</th><th className="text-right!" title="What no other model refers to: what a deletion frees">Its own</th></tr></thead>
        <tbody>
          {models.map((one) => (
            <tr key={`${one.namespace}/${one.model}`}>
              <td className="max-w-0 w-2/5 truncate" title={plural(one.blobs, "blob")}><Name one={one} /></td>
              <td aria-hidden className="w-2/5 max-phone:hidden">
                <span className="flex h-2 overflow-hidden rounded-[2px] bg-sunken"><i className="block h-full bg-accent" style={{ width: `${Math.max(0.5, (one.own_bytes / most) * 100)}%` }} /><i className="block h-full bg-accent/40" style={{ width: `${((one.bytes - one.own_bytes) / most) * 100}%` }} /></span>
              </td>
              <td className="num text-right whitespace-nowrap">{bytes(one.bytes)}</td>
              <td className="num text-right whitespace-nowrap text-fg-2">{bytes(one.own_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Where a namespace's exports are kept, beside its models. */
const archives = "namespace-archives";

function Name({ one: { namespace, model } }: { one: StorageUse["models"][number] }) {
  if (model === archives) return <Link className="link" to="/transfers" search={{ namespace }}>exports of {namespace}</Link>;
  return <Link className="link" to="/models/$namespace/$model" params={{ namespace, model }}>{namespace}/{model}</Link>;
}
