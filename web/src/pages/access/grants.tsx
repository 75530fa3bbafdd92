// SPDX-License-Identifier: Apache-2.0
//
// Who may do what at a place, and why. The same on the page of access and on a model or a deployment.
import { useQuery } from "@tanstack/react-query";
import { UserPlus, X } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import type { Accessor, Grant, Role } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { roleMay, roleName } from "../../logic/roles.ts";
import { Button } from "../../ui/button.tsx";
import { Segments, TextField } from "../../ui/field.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Table } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";
import { Named, RoleChoice, RoleMark } from "./parts.tsx";
import { People } from "./team-dialog.tsx";

/** What was granted at `on`, to be taken back; and who may do what there, each with every reason. */
export function WhoMay({ on }: { on: access.Place }) {
  const granted = useQuery(access.grants(on));
  const query = useQuery(access.whoMay(on));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Panel aria-label="Granted here">
        <PanelHead title="Granted here" note={`on ${access.sayPlace(on)}`} />
        <Loaded query={granted} what={`what is granted on ${access.sayPlace(on)}`}>
          {(grants) => (grants.length === 0 ? <p className="px-4 py-3 text-fg-3">Nothing is granted here itself.</p> : <Granted on={on} grants={grants} />)}
        </Loaded>
      </Panel>
      <Panel aria-label="Who may">
        <PanelHead title="So these may" note="and why" />
        <Loaded query={query} what={`who may do what on ${access.sayPlace(on)}`}>
          {(all) => (
            <Table
              framed={false}
              label="Who may do what"
              rows={all}
              keyOf={(one) => `${one.kind} ${one.name}`}
              columns={[
                { name: "Who", cell: (one) => <div className="phone:w-44 max-phone:w-[calc(100vw-176px)] max-phone:pt-2"><Named name={one.name} kind={one.kind} /><div className="phone:hidden"><Reasons who={one} /></div></div> },
                { name: "May", cell: (one) => <span className="inline-flex items-center gap-2"><RoleMark role={one.role} /><span className="text-12 text-fg-3 max-desk:hidden">{roleMay(one.role)}</span></span> },
                { name: "Because", side: "main", from: "phone", cell: (one) => <Reasons who={one} /> },
              ]}
            />
          )}
        </Loaded>
      </Panel>
    </div>
  );
}

function Granted({ on, grants }: { on: access.Place; grants: Grant[] }) {
  const remove = access.useAccessChange((grant: Grant) => access.removeGrant(on, grant.id));
  const give = access.useAccessChange((grant: Grant) => access.addGrant(on, grant.to, grant.role));
  const take = (grant: Grant) =>
    remove.mutate(grant, {
      onSuccess: () => toast.done(`Taken back: ${roleName(grant.role).toLowerCase()} of ${grant.to}`, () => give.mutate(grant, { onError: (cause) => toast.failed("The grant was not given again", cause.message) })),
      onError: (cause) => toast.failed("The grant was not taken back", cause.message),
    });
  return (
    <Table
      framed={false}
      label="Grants"
      rows={grants}
      keyOf={(grant) => grant.id}
      columns={[
        { name: "To", side: "main", cell: (grant) => <Named name={grant.to} kind={grant.kind} /> },
        { name: "Role", cell: (grant) => <RoleMark role={grant.role} /> },
        { name: "Given by", from: "phone", cell: (grant) => grant.actor || "souk" },
        { name: "When", side: "right", from: "phone", cell: (grant) => <When time={grant.create_time} className="text-fg-2" /> },
        { name: "Actions", silent: true, side: "right", cell: (grant) => <Button small icon look="quiet" className="hit" aria-label={`Take back ${roleName(grant.role).toLowerCase()} from ${grant.to}`} title="Take back" disabled={remove.isPending} onClick={() => take(grant)}><X aria-hidden /></Button> },
      ]}
    />
  );
}

function Reasons({ who }: { who: Accessor }) {
  return (
    <ul className="grid gap-0.5 py-1.5 text-12 whitespace-normal text-fg-2">
      {who.because.map((reason, i) => (
        <li key={i}>{roleName(reason.role)} {reason.on === "everywhere" ? reason.on : `on ${reason.on}`}, by {reason.through}{reason.actor ? <span className="text-fg-3">, given by {reason.actor}</span> : null}</li>
      ))}
    </ul>
  );
}

/** Gives a role at a place, to somebody or to everyone. */
export function ShareDialog({ on, onClose }: { on: access.Place; onClose: () => void }) {
  const [whom, setWhom] = useState<"named" | "everyone">("named");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("READER");
  const to = whom === "everyone" ? "everyone" : name.trim();
  const give = access.useAccessChange(() => access.addGrant(on, to, role), onClose);
  return (
    <FormDialog title={`Share ${access.sayPlace(on)}`} action="Share" failed="Nothing was granted" doing={give} disabled={!to} onDo={() => give.mutate()} onClose={onClose}>
      <div><Segments label="With whom" value={whom} onChange={(next) => (setWhom(next), give.reset(), next === "everyone" && !["READER", "EXECUTOR", "WRITER"].includes(role) && setRole("READER"))} options={[{ value: "named", label: "Somebody" }, { value: "everyone", label: "Everyone with a key" }]} /></div>
      {whom === "named" ? <TextField label="Who" autoFocus list="souk-people" placeholder="A user, a team, or namespace/account" value={name} onChange={(event) => (setName(event.target.value), give.reset())} /> : <p className="text-fg-2">Whoever may sign in to this souk, now and later.</p>}
      <People teams />
      <RoleChoice value={role} most={whom === "everyone" ? "WRITER" : "OWNER"} onChange={setRole} />
    </FormDialog>
  );
}

export function ShareButton({ onClick }: { onClick: () => void }) {
  return <Button look="primary" onClick={onClick}><UserPlus aria-hidden />Share</Button>;
}
