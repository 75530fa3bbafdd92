// SPDX-License-Identifier: Apache-2.0
//
// Is the work that nobody waits for being done? Queues with what waits and what failed; then what comes again, and where.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import * as work from "../../api/work.ts";
import type { Lease, Queue, Schedule, WorkNode } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { age, count } from "../../logic/format.ts";
import { cx } from "../../ui/cx.ts";
import { PageHead, Panel, PanelHead, Tiles } from "../../ui/panel.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { useNow, When } from "../../ui/time.tsx";

export function QueuesPage() {
  const query = useQuery(work.queues);
  return (
    <>
      <PageHead title="Queues" note="durable work: kept until it is done" />
      <Loaded query={query} what="the queues">
        {(queues) => (
          <>
            <Totals queues={queues} />
            {queues.length === 0 ? <NoWork /> : <Queues queues={queues} />}
          </>
        )}
      </Loaded>
      <div className="mt-4 grid grid-cols-2 items-start gap-4 max-desk:grid-cols-[minmax(0,1fr)]">
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
          <Nodes />
          <Schedules />
        </div>
        <Leases />
      </div>
    </>
  );
}

function Totals({ queues }: { queues: Queue[] }) {
  const now = useNow();
  const sum = (of: (queue: Queue) => number) => count(queues.reduce((all, queue) => all + of(queue), 0));
  const oldest = queues.flatMap((queue) => queue.oldest_waiting ?? []).sort()[0];
  return (
    <div className="mb-4">
      <Tiles
        tiles={[
          { name: "Waiting", value: sum((queue) => queue.waiting), note: oldest ? `the oldest for ${age(oldest, now)}` : "nothing waits" },
          { name: "Running", value: sum((queue) => queue.running), note: "now" },
          { name: "Tried again later", value: sum((queue) => queue.delayed), note: "failed once, or not due yet" },
          { name: "Failed for good", value: sum((queue) => queue.dead), note: queues.some((queue) => queue.dead > 0) ? "kept until you decide" : "none" },
        ]}
      />
    </div>
  );
}

function NoWork() {
  return (
    <div className="flex items-start gap-3 rounded-panel border border-line bg-surface px-4 py-5">
      <ListChecks aria-hidden size={18} className="mt-0.5 text-fg-3" />
      <div className="max-w-[68ch]">
        <h2 className="mb-1">Nothing is queued</h2>
        <p className="text-fg-2">What takes longer than a request is queued here, survives a restart, and is tried again when it fails. A queue shows with its first item. In a terminal: <code>souk queue list</code>.</p>
      </div>
    </div>
  );
}

function Queues({ queues }: { queues: Queue[] }) {
  const navigate = useNavigate();
  const now = useNow();
  const number = (value: number, bad = false) => <span className={value === 0 ? "text-fg-3" : bad ? "font-medium text-bad" : ""}>{count(value)}</span>;
  return (
    <Table
      label="Queues"
      rows={queues}
      keyOf={(queue) => queue.name}
      open={(queue) => void navigate({ to: "/queues/$queue", params: { queue: queue.name } })}
      columns={[
        { name: "Queue", side: "main", cell: (queue) => <Link tabIndex={-1} className="block truncate font-medium" to="/queues/$queue" params={{ queue: queue.name }}>{queue.name}</Link> },
        { name: "Waiting", side: "right", cell: (queue) => number(queue.waiting) },
        { name: "Oldest", side: "right", from: "phone", cell: (queue) => (queue.oldest_waiting ? age(queue.oldest_waiting, now) : "") },
        { name: "Running", side: "right", from: "phone", cell: (queue) => <>{number(queue.running)}{queue.concurrency > 0 ? <span className="text-fg-3"> of {queue.concurrency}</span> : null}</> },
        { name: "Later", side: "right", from: "phone", cell: (queue) => number(queue.delayed) },
        { name: "Failed", side: "right", cell: (queue) => number(queue.dead, true) },
      ]}
    />
  );
}

function Part<T>({ title, note, query, what, empty, children }: { title: string; note: string; query: Parameters<typeof Loaded<T[]>>[0]["query"]; what: string; empty: string; children: (rows: T[]) => ReactNode }) {
  return (
    <Panel aria-label={title}>
      <PanelHead title={title} note={note} />
      <Loaded query={query} what={what}>{(rows) => (rows.length === 0 ? <p className="px-4 py-3 text-fg-3">{empty}</p> : children(rows))}</Loaded>
    </Panel>
  );
}

function Nodes() {
  const now = useNow();
  return (
    <Part<WorkNode> title="Nodes" note="servers of this database that live" query={useQuery(work.nodes)} what="the nodes" empty="No node is alive.">
      {(nodes) => (
        <Table
          framed={false}
          label="Nodes"
          rows={nodes}
          keyOf={(node) => node.id}
          columns={[
            { name: "Node", side: "main", cell: (node) => <TwoLines title={node.name} note={<code>{node.incarnation}</code>} /> },
            { name: "Up for", side: "right", cell: (node) => age(node.start_time, now) },
            { name: "Seen", side: "right", from: "phone", cell: (node) => (node.beats > 1 ? <When time={node.seen_time} /> : <span className="text-fg-2">alone</span>) },
          ]}
        />
      )}
    </Part>
  );
}

function Leases() {
  return (
    <Part<Lease> title="Done by one node" note="leases, each with a fence" query={useQuery(work.leases)} what="the leases" empty="Nobody holds a lease.">
      {(leases) => (
        <Table
          framed={false}
          label="Leases"
          rows={leases}
          keyOf={(lease) => lease.name}
          columns={[
            { name: "Lease", side: "main", cell: (lease) => <span className="block truncate">{lease.name}</span> },
            { name: "Held by", cell: (lease) => lease.node ?? <span className="text-warn">nobody</span> },
            { name: "Fence", side: "right", from: "phone", cell: (lease) => lease.token },
            { name: "Since", side: "right", from: "phone", cell: (lease) => <When time={lease.take_time} /> },
          ]}
        />
      )}
    </Part>
  );
}

function Schedules() {
  const now = useNow();
  return (
    <Part<Schedule> title="Schedules" note="work that comes again" query={useQuery(work.schedules)} what="the schedules" empty="Nothing is scheduled.">
      {(schedules) => (
        <Table
          framed={false}
          label="Schedules"
          rows={schedules}
          keyOf={(schedule) => schedule.name}
          columns={[
            { name: "Schedule", side: "main", cell: (schedule) => <TwoLines title={schedule.name} note={<>into <Link className="link underline underline-offset-2" to="/queues/$queue" params={{ queue: schedule.queue }}>{schedule.queue}</Link></>} /> },
            { name: "When", cell: (schedule) => <code title={schedule.zone}>{schedule.cron}</code> },
            { name: "Next", side: "right", cell: (schedule) => <time dateTime={schedule.next_time} className={cx(Date.parse(schedule.next_time) < now && "text-warn")}>{Date.parse(schedule.next_time) > now ? `in ${age(now, Date.parse(schedule.next_time))}` : "now"}</time> },
            { name: "Last", side: "right", from: "phone", cell: (schedule) => (schedule.last_time ? <When time={schedule.last_time} /> : <span className="text-fg-3">never</span>) },
          ]}
        />
      )}
    </Part>
  );
}

