// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Table } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { TeamDialog } from "./team-dialog.tsx";
import { ListHead, Named, None, RoleMark } from "./parts.tsx";
import { wrongName } from "../../logic/roles.ts";

const route = getRouteApi("/access/teams");

export function TeamsPage() {
  const { show, team } = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(access.teams);
  const layer = (search: { show?: string; team?: string }) => void navigate({ to: "/access/teams", search, replace: !search.show && !search.team });
  return (
    <>
      <ListHead say="A team shares a namespace of its name, where each member has the role of its membership. What else is granted to the team holds for every member.">
        <Button look="primary" onClick={() => layer({ show: "new" })}><Plus aria-hidden />New team</Button>
      </ListHead>
      <Loaded query={query} what="the teams">
        {(teams) => (
          <>
            {teams.length === 0 ? (
              <None><p>There is no team yet. Make one where several people own the same models.</p></None>
            ) : (
              <Table
                label="Teams"
                rows={teams}
                keyOf={(one) => one.id}
                open={(one) => layer({ team: one.name })}
                columns={[
                  { name: "Team", side: "main", cell: (one) => <button type="button" tabIndex={-1} className="flex w-full min-w-0" onClick={() => layer({ team: one.name })}><Named name={one.name} kind="TEAM" note={one.display_name ? <bdi>{one.display_name}</bdi> : undefined} /></button> },
                  { name: "You are", cell: (one) => (one.role ? <RoleMark role={one.role} /> : <span className="text-fg-3">no member</span>) },
                  { name: "Members", side: "right", cell: (one) => plural(one.member_count, "member") },
                  { name: "Made", side: "right", from: "phone", cell: (one) => <When time={one.create_time} className="text-fg-2" /> },
                ]}
              />
            )}
            {team && teams.some((one) => one.name === team) ? <TeamDialog key={team} team={teams.find((one) => one.name === team)!} onClose={() => layer({})} /> : null}
          </>
        )}
      </Loaded>
      {show === "new" ? <NewTeam onClose={() => layer({})} made={(name) => layer({ team: name })} /> : null}
    </>
  );
}

function NewTeam({ onClose, made }: { onClose: () => void; made: (name: string) => void }) {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const add = access.useAccessChange(() => access.addTeam({ name, ...(display && { display_name: display }) }), (team) => made(team.name));
  const wrong = wrongName(name);
  return (
    <FormDialog title="New team" action="Create" failed="The team was not made" doing={add} disabled={!name || !!wrong} onDo={() => add.mutate()} onClose={onClose}>
      <TextField label="Name" autoFocus value={name} onChange={(event) => (setName(event.target.value), add.reset())} error={wrong} hint="Also the name of the team's namespace. It cannot be changed." />
      <TextField label="Shown as" value={display} onChange={(event) => setDisplay(event.target.value)} placeholder="Vision team" />
    </FormDialog>
  );
}
