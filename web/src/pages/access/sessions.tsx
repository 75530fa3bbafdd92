// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { KeyRound, LogOut } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import * as queries from "../../api/queries.ts";
import * as signed from "../../api/sessions.ts";
import type { Session } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { browserName } from "../../logic/roles.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { TextField } from "../../ui/field.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";
import { ListHead, None } from "./parts.tsx";

const route = getRouteApi("/access/sessions");

export function SessionsPage() {
  const { user = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(queries.whoami).data;
  const nobody = me?.kind === "ANONYMOUS" && !user;
  const query = useQuery({ ...signed.sessions(user), enabled: me !== undefined && !nobody });
  const others = access.useAccessChange(() => signed.endOthers(user));
  const failed = (cause: Error) => toast.failed("Nothing was ended", cause.message);
  const layer = (on: boolean) => void navigate({ search: (old) => ({ ...old, show: on ? "password" : undefined }), replace: !on });
  return (
    <>
      <ListHead say={user ? <>Where <b className="font-medium text-fg">{user}</b> is signed in.</> : "Where you are signed in. End what you do not know, and change your password."}>
        {user ? <Button onClick={() => void navigate({ search: {} })}>Your own</Button> : nobody ? null : <Button onClick={() => layer(true)}><KeyRound aria-hidden />Change password</Button>}
        {query.data?.some((one) => !one.current) ? <Button look="danger" disabled={others.isPending} onClick={() => others.mutate(undefined, { onError: failed })}><LogOut aria-hidden />{user ? "End all" : "End all others"}</Button> : null}
      </ListHead>
      {nobody ? (
        <None><p>In development nobody signs in on this machine, so there is no session of yours.</p></None>
      ) : (
        <Loaded query={query} what="the sessions">
          {(sessions) => (sessions.length === 0 ? <None><p>{user ? `${user} is signed in nowhere.` : "You came by a key, without a session."}</p></None> : <Sessions sessions={sessions} />)}
        </Loaded>
      )}
      {show === "password" ? <ChangePassword onClose={() => layer(false)} /> : null}
    </>
  );
}

function Sessions({ sessions }: { sessions: Session[] }) {
  const end = access.useAccessChange((id: number) => signed.endSession(id));
  return (
    <Table
      label="Sessions"
      rows={sessions}
      keyOf={(one) => one.id}
      columns={[
        { name: "Browser", side: "main", cell: (one) => <TwoLines title={<>{browserName(one.user_agent)} {one.current ? <Chip tone="accent">this one</Chip> : null}</>} note={<span title={one.user_agent}>{one.address}</span>} /> },
        { name: "Last used", side: "right", cell: (one) => <When time={one.last_use_time} className="text-fg-2" /> },
        { name: "Began", side: "right", from: "phone", cell: (one) => <When time={one.create_time} className="text-fg-2" /> },
        { name: "Actions", silent: true, side: "right", cell: (one) => (one.current ? null : <Button small disabled={end.isPending} onClick={() => end.mutate(one.id, { onError: (cause) => toast.failed("The session was not ended", cause.message) })}>End</Button>) },
      ]}
    />
  );
}

function ChangePassword({ onClose }: { onClose: () => void }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const change = access.useAccessChange(
    () => signed.changePassword(old, next),
    () => (onClose(), toast.done("Your password is changed; other sessions have ended")),
  );
  return (
    <FormDialog title="Change password" action="Change" failed="The password is the old one" doing={change} disabled={!old || !next || next !== again} onDo={() => change.mutate()} onClose={onClose}>
      <TextField label="Password now" type="password" autoComplete="current-password" autoFocus value={old} onChange={(event) => (setOld(event.target.value), change.reset())} />
      <TextField label="New password" type="password" autoComplete="new-password" value={next} onChange={(event) => (setNext(event.target.value), change.reset())} />
      <TextField label="The same again" type="password" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} error={again && again !== next ? "The two differ" : undefined} />
    </FormDialog>
  );
}
