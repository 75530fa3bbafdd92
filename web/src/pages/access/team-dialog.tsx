// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Trash2, UserPlus, X } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import type { Member, Role, Team } from "../../api/types.ts";
import { Confirm, Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toast.ts";
import { Named, RoleChoice } from "./parts.tsx";
import { HeirChoice } from "./user-dialogs.tsx";

/** Members of a team, and what may be done with it. */
export function TeamDialog({ team, onClose }: { team: Team; onClose: () => void }) {
  const [deleting, setDeleting] = useState(false);
  const query = useQuery(access.members(team.name));
  if (deleting) return <RemoveTeam team={team} onClose={onClose} />;
  return (
    <Dialog open wide title={`Team ${team.name}`} onClose={onClose}>
      <DialogBody>
        <Loaded query={query} what={`the members of ${team.name}`}>
          {(members) => <ul className="grid gap-2" aria-label="Members">{members.map((member) => <MemberRow key={member.id} team={team.name} member={member} />)}</ul>}
        </Loaded>
        <AddMember team={team.name} />
        <DialogActions>
          <Button look="danger" className="mr-auto" onClick={() => setDeleting(true)}><Trash2 aria-hidden />Delete the team</Button>
          <Button onClick={onClose}>Close</Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}

function MemberRow({ team, member }: { team: string; member: Member }) {
  const change = access.useAccessChange((role: Role) => access.setMember(team, member.name, role));
  const remove = access.useAccessChange(
    () => access.removeMember(team, member.name),
    () => toast.done(`${member.name} left ${team}`, () => change.mutate(member.role)),
  );
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_minmax(0,300px)_auto] items-center gap-2 max-phone:grid-cols-[minmax(0,1fr)_140px_auto]">
      <Named name={member.name} kind={member.kind} note={member.display_name || undefined} />
      <RoleChoice hideLabel label={`Role of ${member.name}`} value={member.role} onChange={(role) => change.mutate(role)} />
      <Button look="quiet" icon aria-label={`Take ${member.name} out`} disabled={remove.isPending} onClick={() => remove.mutate()}><X aria-hidden /></Button>
      <div className="col-span-3 empty:hidden"><Refused title={`${member.name} was not changed`} error={change.error ?? remove.error} /></div>
    </li>
  );
}

function AddMember({ team }: { team: string }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("WRITER");
  const add = access.useAccessChange(() => access.setMember(team, name.trim(), role), () => setName(""));
  return (
    <form className="grid gap-2 border-t border-line pt-3" onSubmit={(event) => (event.preventDefault(), name.trim() && !add.isPending && add.mutate())}>
      <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,300px)_auto] items-end gap-2 max-phone:grid-cols-[minmax(0,1fr)]">
        <TextField label="Add a member" list="souk-people" placeholder="A user or a service account" value={name} onChange={(event) => (setName(event.target.value), add.reset())} />
        <RoleChoice label="Role" value={role} onChange={setRole} />
        <Button type="submit" disabled={!name.trim() || add.isPending}><UserPlus aria-hidden />Add</Button>
      </div>
      <People />
      <Refused title={`${name} was not added`} error={add.error} />
    </form>
  );
}

/** Names to choose from while one types. */
export function People({ teams = false }: { teams?: boolean }) {
  const users = useQuery(access.users).data ?? [];
  const all = useQuery({ ...access.teams, enabled: teams }).data ?? [];
  return <datalist id="souk-people">{[...users, ...(teams ? all : [])].map((one) => <option key={one.name} value={one.name}>{one.display_name}</option>)}</datalist>;
}

function RemoveTeam({ team, onClose }: { team: Team; onClose: () => void }) {
  const [heir, setHeir] = useState("");
  const remove = access.useAccessChange(() => access.removeTeam(team.name, heir), onClose);
  return (
    <Confirm title={`Delete the team ${team.name}?`} action="Delete team" failed={`${team.name} is still there`} doing={remove} onDo={() => remove.mutate()} onClose={onClose}>
      <p>What its members may do through it ends at once. Its models and deployments stay.</p>
      <HeirChoice without={team.name} value={heir} onChange={setHeir} />
    </Confirm>
  );
}
