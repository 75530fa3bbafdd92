// SPDX-License-Identifier: Apache-2.0
//
// When this souk was last saved, where to, and whether that was read back since.
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { Problem } from "../../api/client.ts";
import * as health from "../../api/health.ts";
import * as queries from "../../api/queries.ts";
import type { Backup } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { backupSaid } from "../../logic/backups.ts";
import { bytes, count, exact } from "../../logic/format.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { useNow, When } from "../../ui/time.tsx";

const icons = { ok: [CircleCheck, "text-ok"], warn: [TriangleAlert, "text-warn"], bad: [CircleX, "text-bad"] } as const;

export function Backups() {
  const query = useQuery(health.backups);
  if (query.error instanceof Problem && query.error.status === 403) return null;
  return (
    <Panel aria-label="Backups">
      <PanelHead title="Backups" note="made by souk backup, as it noted them here" />
      <Loaded query={query} what="the backups" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>{(all) => <Known all={all} />}</Loaded>
    </Panel>
  );
}

function Known({ all }: { all: Backup[] }) {
  const now = useNow();
  const { tone, title, todo } = backupSaid(all[0], now, useQuery(queries.operator).data);
  const [Icon, ink] = icons[tone];
  return (
    <>
      <div className="flex gap-2 px-4 py-3">
        <Icon aria-hidden size={15} className={`${ink} mt-0.5`} />
        <div className="min-w-0">
          <p role="status" className="font-medium">{title}</p>
          {todo ? <p className="flex flex-wrap items-center gap-x-1 text-fg-2">{todo.say} <code className="wrap-anywhere">{todo.command}</code><CopyButton text={todo.command} label={`Copy ${todo.command}`} /></p> : null}
        </div>
      </div>
      {all.length > 0 ? (
        <div className="relative max-h-72 overflow-auto border-t border-line" tabIndex={0} role="group" aria-label="Backups, scrolls">
          <table aria-label="Backups" className="whitespace-nowrap">
            <thead><tr><th>Made</th><th>Place</th><th className="text-right!">Bytes</th><th className="text-right!">New</th><th className="text-right! max-phone:hidden">Rows</th><th>Read back</th></tr></thead>
            <tbody>{all.map((one) => <Row key={`${one.machine} ${one.place} ${one.name}`} backup={one} />)}</tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}

function Row({ backup }: { backup: Backup }) {
  return (
    <tr>
      <td title={`${backup.name}, in ${backup.seconds} s`}><When time={backup.time} /></td>
      <td className="w-full max-w-0 truncate" title={`${backup.place} on ${backup.machine}`}><code>{backup.place}</code> <span className="text-fg-3">on {backup.machine}</span></td>
      <td className="num text-right">{bytes(backup.blob_bytes)}</td>
      <td className="num text-right text-fg-2">{bytes(backup.copied_bytes)}</td>
      <td className="num text-right text-fg-2 max-phone:hidden">{count(backup.rows)}</td>
      <td>
        {backup.damage ? <span className="text-bad" title={backup.damage}>damaged</span> : backup.lost > 0 ? <span className="text-bad">{count(backup.lost)} lost</span> : backup.verify_time ? <span title={exact(backup.verify_time)}>whole, <When time={backup.verify_time} /></span> : <span className="text-fg-3">not yet</span>}
      </td>
    </tr>
  );
}
