// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense } from "react";
import * as access from "../../api/access.ts";
import * as queries from "../../api/queries.ts";
import type { User } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { matches } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { SearchField } from "../../ui/field.tsx";
import { State } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { ListHead, Named, None, RoleMark } from "./parts.tsx";

const AddUser = lazy(() => import("./user-dialogs.tsx").then((all) => ({ default: all.AddUser })));
const ChangeUser = lazy(() => import("./user-dialogs.tsx").then((all) => ({ default: all.ChangeUser })));
const route = getRouteApi("/access/users");

export function UsersPage() {
  const { q = "", show, user } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(access.users);
  const me = useQuery(queries.whoami).data;
  const admin = me?.role === "ADMIN" || me?.role === "OWNER";
  const layer = (next: { show?: string; user?: string }) => void navigate({ search: (old) => ({ ...(old.q && { q: old.q }), ...next }), replace: !next.show && !next.user });
  return (
    <>
      <ListHead say="People who sign in. Each has a namespace of their own name; roles here hold on the whole server.">
        <SearchField icon={Search} data-filter className="w-56 max-phone:w-full" aria-label="Filter users" placeholder="Filter by name" value={q} onText={(text) => void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })} />
        {admin ? <Button look="primary" onClick={() => layer({ show: "new" })}><Plus aria-hidden />New user</Button> : null}
      </ListHead>
      <Loaded query={query} what="the users">
        {(all) => {
          const shown = q.trim() ? all.filter((one) => matches(`${one.name} ${one.display_name}`, q.trim())) : all;
          const chosen = user ? all.find((one) => one.name === user) : undefined;
          return (
            <>
              {shown.length > 0 ? <Users users={shown} whole={admin} open={(one) => layer({ user: one.name })} /> : <None><p>No user is called “{q}”.</p></None>}
              <Suspense>
                {show === "new" ? <AddUser made={(name) => layer({ user: name })} onClose={() => layer({})} /> : null}
                {chosen ? <ChangeUser key={chosen.name} user={chosen} self={chosen.name === me?.name} admin={admin} onClose={() => layer({})} /> : null}
              </Suspense>
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Users({ users, whole, open }: { users: User[]; whole: boolean; open: (user: User) => void }) {
  return (
    <Table
      label="Users"
      rows={users}
      keyOf={(user) => user.id}
      open={open}
      columns={[
        { name: "User", side: "main", cell: (user) => <button type="button" tabIndex={-1} className="flex w-full min-w-0" onClick={() => open(user)}><Named name={user.name} kind="USER" note={user.display_name ? <bdi>{user.display_name}</bdi> : undefined} /></button> },
        ...(whole
          ? [
              { name: "On the server", cell: (user: User) => (user.role && user.role !== "NONE" ? <RoleMark role={user.role} /> : <span className="text-fg-3">own namespace</span>) },
              { name: "State", from: "phone" as const, cell: (user: User) => (user.state ? <State of="principal" state={user.state} note={user.has_password === false ? "no password yet" : undefined} /> : "") },
              { name: "Signed in", side: "right" as const, from: "wide" as const, cell: (user: User) => (user.sign_in_time ? <When time={user.sign_in_time} className="text-fg-2" /> : <span className="text-fg-3">never</span>) },
              { name: "Made", side: "right" as const, from: "wide" as const, cell: (user: User) => (user.create_time ? <When time={user.create_time} className="text-fg-2" /> : "") },
            ]
          : []),
      ]}
    />
  );
}
