// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import * as access from "../../api/access.ts";
import * as queries from "../../api/queries.ts";
import { roleName } from "../../logic/roles.ts";
import { PageHead } from "../../ui/panel.tsx";
import { PageTab, PageTabs } from "../../ui/tabs.tsx";

export function AccessPage() {
  const { data: caller } = useQuery(queries.whoami);
  const users = useQuery(access.users).data;
  const teams = useQuery(access.teams).data;
  const keys = useQuery(access.keys).data;
  return (
    <>
      <PageHead title="Access" note={caller ? <>you are <b className="font-medium text-fg">{caller.name}</b>, {roleName(caller.role).toLowerCase()}{caller.role === "NONE" ? " outside your namespaces" : " everywhere"}</> : undefined} />
      <PageTabs label="Parts of access">
        <PageTab to="/access/users" count={users?.length}>Users</PageTab>
        <PageTab to="/access/teams" count={teams?.length}>Teams</PageTab>
        <PageTab to="/access/accounts">Service accounts</PageTab>
        <PageTab to="/access/grants">Who may what</PageTab>
        <PageTab to="/access/keys" count={keys?.filter((key) => !key.revoke_time).length}>API keys</PageTab>
        <PageTab to="/access/sessions">Sessions</PageTab>
        {caller?.role === "ADMIN" || caller?.role === "OWNER" ? <PageTab to="/access/audit">Audit log</PageTab> : null}
      </PageTabs>
      <Outlet />
    </>
  );
}
