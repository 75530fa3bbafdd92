// SPDX-License-Identifier: Apache-2.0
//
// Is this souk well, what is it, and where does it keep what it has?
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import * as health from "../../api/health.ts";
import * as queries from "../../api/queries.ts";
import type { HealthFigures, Server } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { operatorCommand } from "../../logic/backups.ts";
import { age, bytes, count } from "../../logic/format.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { Note } from "../../ui/note.tsx";
import { KeyValue, PageHead, Panel, PanelHead, Tiles } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { useNow, When } from "../../ui/time.tsx";
import { Backups } from "./backups.tsx";
import { Chosen } from "./chosen.tsx";
import { Doctor } from "./doctor.tsx";
import { Storage } from "./storage.tsx";

export function SettingsPage() {
  const server = useQuery(queries.server);
  return (
    <>
      <PageHead title="Settings" note={<Health />} />
      <div className="grid gap-4">
        <Figures />
        <Doctor />
        <Backups />
        <div className="grid grid-cols-2 items-start gap-4 max-desk:grid-cols-[minmax(0,1fr)]">
          <Panel aria-label="Server">
            <PanelHead title="Server" />
            <Loaded query={server} what="the server" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>{(data) => <About server={data} />}</Loaded>
          </Panel>
          <Storage server={server.data} />
        </div>
        <Chosen />
        <Care />
      </div>
    </>
  );
}

function Health() {
  const { data, error } = useQuery(health.health);
  if (error) return <span className="inline-flex items-center gap-1.5 text-bad"><CircleX aria-hidden size={14} />Does not answer</span>;
  if (!data) return null;
  return data.ready ? <span role="status" className="inline-flex items-center gap-1.5 text-fg"><CircleCheck aria-hidden size={14} className="text-ok" />Ready: everything that is wanted of this node runs</span> : <span role="status" className="inline-flex items-center gap-1.5 text-fg"><TriangleAlert aria-hidden size={14} className="text-warn" />Not ready: {data.reason || "see the log"}</span>;
}

function Figures() {
  const query = useQuery(health.health);
  return (
    <Loaded query={query} what="the figures of the server" skeleton={<Bone className="late h-22 rounded-panel" />}>
      {(now) => (
        <>
          <Warnings now={now} />
          <Tiles
            tiles={[
              { name: "Requests", value: count(now.requests), note: "since the start, all doors" },
              { name: "Failed", value: count(now.failed), note: `5xx; ${count(now.refused)} refused (4xx)` },
              { name: "Inferences", value: count(now.inferences), note: "on this node" },
              { name: "Connections", value: count(now.connections), note: `${count(now.watchers)} follow events` },
              { name: "Memory", ...split(now.memory_bytes), note: `${count(now.open_files)} open files` },
              { name: "Disk free", ...split(now.disk_free_bytes), note: "where the data folder is" },
            ]}
          />
        </>
      )}
    </Loaded>
  );
}

function split(size: number | undefined): { value: string; unit?: string } {
  const [value = "", unit] = size === undefined ? [] : bytes(size).split(" ");
  return unit ? { value, unit } : { value: value || "–" };
}

function Warnings({ now }: { now: HealthFigures }) {
  const { silent, full, files } = health.alarms(now);
  const found: [title: string, say: string][] = [];
  if (silent) found.push(["The database does not answer", `It has been silent for ${Math.round(now.database_silence_seconds)} s. Inference goes on from memory; what would write is refused until it is back.`]);
  if (full) found.push(["The disk is nearly full", `${bytes(now.disk_free_bytes!)} are free where the data folder is. Free space, or delete versions that nobody uses.`]);
  if (files) found.push(["Few file descriptors are left", `${count(now.open_files)} of ${count(now.max_files)} are open. Raise LimitNOFILE.`]);
  if (found.length === 0) return null;
  return <div className="grid gap-2">{found.map(([title, say]) => <Note key={title} tone="warn" role="alert" title={title}>{say}</Note>)}</div>;
}

const places: Record<string, string> = { file: "a local folder", s3: "S3", sqlite: "SQLite", postgresql: "PostgreSQL" };

function About({ server }: { server: Server }) {
  const now = useNow();
  return (
    <div className="px-4 py-3">
      <KeyValue
        rows={[
          ["Version", <><code>{server.version}</code> of {server.name}</>],
          ["Node", <><code>{server.node}</code>, see <Link className="link underline underline-offset-2" to="/queues">nodes</Link></>],
          ["Address", <code key="a" className="wrap-anywhere">{window.location.origin}</code>],
          ["Up for", <span key="u">{age(server.start_time, now)}, since <When time={server.start_time} /></span>],
          ["Mode", server.dev ? <span key="m" className="text-warn">development: no key is asked for on this machine</span> : "keys and sessions are asked for"],
          ["Metadata", places[server.database] ?? server.database],
          ["Bytes", places[server.blobs] ?? server.blobs],
          ["API", <Link key="r" className="link" to="/reference">reference</Link>],
        ]}
      />
    </div>
  );
}

const care = [
  ["doctor", "Looks at the database, the disks, the bytes, clocks and the sandbox, and says how to put right what is wrong."],
  ["backup /backups/souk --keep 14", "Saves everything beside the running server. What is there already is not copied again."],
  ["restore /backups/souk --data NEW_FOLDER", "Puts a backup into an empty database and folder; every digest is checked."],
] as const;

function Care() {
  const of = useQuery(queries.operator).data;
  const all = care.map(([words, does]) => [words.startsWith("restore") ? `${of?.program ?? "souk"} ${words}` : operatorCommand(of, words), does] as const);
  return (
    <Panel aria-label="Look after it">
      <PanelHead title="Look after it" note="on the server's machine" />
      <dl className="grid gap-3 px-4 py-3">
        {all.map(([command, does]) => (
          <div key={command} className="grid grid-cols-[minmax(0,340px)_minmax(0,1fr)] items-center gap-x-4 gap-y-1 max-phone:grid-cols-[minmax(0,1fr)]">
            <dt className="flex min-w-0 items-center gap-1"><code className="wrap-anywhere">{command}</code><CopyButton text={command} label={`Copy ${command}`} /></dt>
            <dd className="text-fg-2">{does}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
