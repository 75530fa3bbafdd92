// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Ban, Link2, Monitor, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import { makeLink } from "../../api/sessions.ts";
import type { Role, User } from "../../api/types.ts";
import { Confirm, FormDialog } from "../../app/confirm.tsx";
import { wrongName } from "../../logic/roles.ts";
import { exact } from "../../logic/format.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { Note } from "../../ui/note.tsx";
import { Choice } from "../../ui/choice.tsx";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toast.ts";
import { RoleChoice } from "./parts.tsx";

export function AddUser({ made, onClose }: { made: (name: string) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [role, setRole] = useState<Role>("NONE");
  const add = access.useAccessChange(() => access.addUser({ name, ...(display && { display_name: display }), ...(role !== "NONE" && { role }) }), (user) => made(user.name));
  const wrong = wrongName(name);
  return (
    <FormDialog title="New user" action="Create" failed="The user was not made" doing={add} disabled={!name || !!wrong} onDo={() => add.mutate()} onClose={onClose}>
      <TextField label="Name" autoFocus value={name} onChange={(event) => (setName(event.target.value), add.reset())} error={wrong} hint="Also the name of the user's namespace. It cannot be changed." />
      <TextField label="Shown as" value={display} onChange={(event) => setDisplay(event.target.value)} placeholder="Anna Author" />
      <RoleChoice label="On the whole server" value={role} onChange={setRole} none="owner of the own namespace only" />
    </FormDialog>
  );
}

/** What may be changed of a user; of oneself only the shown name, unless one is admin. */
export function ChangeUser({ user, self, admin, onClose }: { user: User; self: boolean; admin: boolean; onClose: () => void }) {
  const [display, setDisplay] = useState(user.display_name);
  const [role, setRole] = useState<Role>(user.role ?? "NONE");
  const [deleting, setDeleting] = useState(false);
  const save = access.useAccessChange(() => access.changeUser(user.name, { ...(display !== user.display_name && { display_name: display }), ...(admin && role !== (user.role ?? "NONE") && { role }) }), onClose);
  const turn = access.useAccessChange(
    (state: "ACTIVE" | "DISABLED") => access.changeUser(user.name, { state }),
    (now) => {
      onClose();
      const back = now.state === "DISABLED" ? "ACTIVE" : "DISABLED";
      toast.done(now.state === "DISABLED" ? `${user.name} may not sign in any more` : `${user.name} may sign in again`, () => turn.mutate(back));
    },
  );
  const link = access.useAccessChange(() => makeLink(user.name));
  if (link.data) return <MadeLink user={user.name} link={link.data} onClose={onClose} />;
  if (deleting) return <RemoveUser user={user} onClose={onClose} />;
  const changed = display !== user.display_name || role !== (user.role ?? "NONE");
  return (
    <FormDialog title={user.name} action="Save" failed={`${user.name} was not changed`} doing={{ isPending: save.isPending, error: save.error ?? turn.error ?? link.error }} disabled={!changed || (!admin && !self)} onDo={() => save.mutate()} onClose={onClose}>
      <TextField label="Shown as" value={display} disabled={!admin && !self} onChange={(event) => setDisplay(event.target.value)} />
      {admin ? <RoleChoice label="On the whole server" value={role} onChange={setRole} none="owner of the own namespace only" /> : null}
      {admin && !self ? (
        <div className="flex flex-wrap gap-2 border-t border-line pt-3">
          <Button small onClick={() => link.mutate()} disabled={link.isPending}><Link2 aria-hidden />Link that sets a password</Button>
          <ButtonLink small to="/access/sessions" search={{ user: user.name }}><Monitor aria-hidden />Sessions</ButtonLink>
          {user.state === "DISABLED" ? <Button small onClick={() => turn.mutate("ACTIVE")}><Play aria-hidden />Let in again</Button> : <Button small onClick={() => turn.mutate("DISABLED")}><Ban aria-hidden />Disable</Button>}
          <Button small look="danger" onClick={() => setDeleting(true)}><Trash2 aria-hidden />Delete</Button>
          <p className="basis-full text-12 text-fg-3">Disabled: keys and sessions are refused, everything stays, and it can be undone.</p>
        </div>
      ) : null}
    </FormDialog>
  );
}

function MadeLink({ user, link, onClose }: { user: string; link: { link: string; expire_time: string }; onClose: () => void }) {
  return (
    <Dialog open wide title={`Link for ${user}`} onClose={onClose}>
      <DialogBody>
        <Note tone="warn" title="Copy it now: it is not shown again">Whoever opens it first sets the password of {user}. It works once, until {exact(link.expire_time)}; links made before are void.</Note>
        <Code title="Link" language="text" code={window.location.origin + link.link} wrap />
        <DialogActions><Button look="primary" onClick={onClose}>I have it</Button></DialogActions>
      </DialogBody>
    </Dialog>
  );
}

function RemoveUser({ user, onClose }: { user: User; onClose: () => void }) {
  const [heir, setHeir] = useState("");
  const remove = access.useAccessChange(() => access.removeUser(user.name, heir), onClose);
  return (
    <Confirm title={`Delete ${user.name}?`} action="Delete user" failed={`${user.name} is still there`} doing={remove} onDo={() => remove.mutate()} onClose={onClose}>
      <ul className="grid list-disc gap-1 pl-4">
        <li>Keys and sessions of {user.name} are refused at once.</li>
        <li>Grants and memberships go. What {user.name} made stays.</li>
      </ul>
      <HeirChoice without={user.name} value={heir} onChange={setHeir} />
    </Confirm>
  );
}

/** Who gets the namespaces of what goes. */
export function HeirChoice({ without, value, onChange }: { without: string; value: string; onChange: (name: string) => void }) {
  const users = useQuery(access.users).data ?? [];
  const teams = useQuery(access.teams).data ?? [];
  const names = [...users, ...teams].map((one) => one.name).filter((name) => name !== without);
  return <Choice label="Its namespaces go to" value={value} onChange={onChange} options={[{ value: "", label: "you" }, ...names.map((name) => ({ value: name, label: name }))]} />;
}
