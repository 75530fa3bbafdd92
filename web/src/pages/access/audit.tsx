// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue } from "react";
import * as signed from "../../api/sessions.ts";
import type { AuditEvent, Outcome } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { exact } from "../../logic/format.ts";
import { textFilter } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { SearchField, Segments } from "../../ui/field.tsx";
import { KeyValue } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { ListHead, NamespaceChoice, None } from "./parts.tsx";

const route = getRouteApi("/access/audit");

export function AuditPage() {
  const { namespace = "", q = "", outcome: asked, event } = route.useSearch();
  const navigate = route.useNavigate();
  const outcome: Outcome | "" = asked === "DONE" || asked === "REFUSED" ? asked : "";
  const wanted = useDeferredValue(q);
  const list = useInfiniteQuery(signed.audit(namespace, outcome, textFilter(wanted, ["actor", "action", "object", "address"])));
  const set = (change: { namespace?: string | undefined; q?: string | undefined; outcome?: string | undefined; event?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: change.event === undefined, resetScroll: false });
  return (
    <>
      <ListHead say="Who did what, and what was refused. Rows are only added, and each is chained to the one before: souk audit verify finds what was altered.">
        <NamespaceChoice hideLabel label="Where" value={namespace} all="Everywhere" className="w-44" onChange={(next) => set({ namespace: next || undefined })} />
      </ListHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField icon={Search} data-filter className="w-72 max-phone:w-full" aria-label="Filter the audit log" placeholder="Filter by who, what, where from" value={q} onText={(text) => set({ q: text || undefined })} />
        <Segments label="Outcome" value={outcome} onChange={(next) => set({ outcome: next || undefined })} options={[{ value: "", label: "All" }, { value: "DONE", label: "Done" }, { value: "REFUSED", label: "Refused" }]} />
      </div>
      <Loaded query={list} what="the audit log">
        {({ pages }) => {
          const events = pages.flatMap((page) => page.audit_events);
          const open = event ? events.find((one) => String(one.id) === event) : undefined;
          return (
            <>
              {events.length === 0 ? <None><p>Nothing fits.</p></None> : <Events events={events} open={(one) => set({ event: String(one.id) })} />}
              {list.hasNextPage ? <div className="mt-3 text-center"><Button small disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Older</Button></div> : null}
              {open ? <One event={open} onClose={() => set({ event: undefined })} /> : null}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Events({ events, open }: { events: AuditEvent[]; open: (event: AuditEvent) => void }) {
  return (
    <Table
      label="Audit log"
      rows={events}
      keyOf={(one) => one.id}
      open={open}
      columns={[
        { name: "What", side: "main", cell: (one) => <TwoLines title={<code className="font-normal">{one.action}</code>} note={<bdi>{[one.namespace, one.object].filter(Boolean).join(" · ") || one.kind}</bdi>} /> },
        { name: "Outcome", cell: (one) => <State of="work" state={one.outcome} note={one.count > 1 ? `${one.count} times` : undefined} /> },
        { name: "Who", from: "phone", cell: (one) => <TwoLines title={one.actor || "nobody known"} note={one.credential} /> },
        { name: "From", from: "desk", cell: (one) => <code className="text-12 text-fg-2">{one.address}</code> },
        { name: "When", side: "right", cell: (one) => <When time={one.time} className="text-fg-2" /> },
      ]}
    />
  );
}

function One({ event, onClose }: { event: AuditEvent; onClose: () => void }) {
  return (
    <Dialog open wide title={event.action} onClose={onClose}>
      <DialogBody>
        <KeyValue
          rows={[
            ["Outcome", <State key="o" of="work" state={event.outcome} note={event.count > 1 ? `${event.count} times since ${exact(event.first_time)}` : undefined} />],
            ["When", exact(event.time)],
            ["Who", `${event.actor || "nobody known"}${event.credential ? `, by ${event.credential}` : ""}`],
            ["From", <code key="a">{event.address || "–"}</code>],
            ["On", <bdi key="n" className="wrap-anywhere">{[event.namespace, event.kind, event.object].filter(Boolean).join(" · ")}</bdi>],
            ["Trace", <code key="t" className="wrap-anywhere">{event.trace_id}</code>],
          ]}
        />
        {event.detail !== undefined && event.detail !== null ? <Code title="Detail" language="json" code={JSON.stringify(event.detail, null, 2)} /> : null}
      </DialogBody>
    </Dialog>
  );
}
